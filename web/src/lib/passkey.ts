// Passkeys: from the server's JSON to the browser's credentials and back.
import type { Challenge } from '$lib/api';

interface Answered {
	challenge_id: string;
	credential: unknown;
}

/** Whether this browser, on this address, can do passkeys at all. */
export const hasPasskeys = (): boolean =>
	typeof PublicKeyCredential !== 'undefined' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

// The options stand by themselves or, as the browsers' call takes them, under `publicKey`.
const optionsOf = (asked: Challenge): unknown => asked.options.publicKey ?? asked.options;

function answered(asked: Challenge, credential: Credential | null): Answered {
	if (!(credential instanceof PublicKeyCredential)) throw new Error('no credential');
	return { challenge_id: asked.challenge_id, credential: credential.toJSON() as unknown };
}

/** Signs a challenge with a passkey that is there. */
export async function passkeyAnswer(asked: Challenge): Promise<Answered> {
	const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(optionsOf(asked) as PublicKeyCredentialRequestOptionsJSON);
	return answered(asked, await navigator.credentials.get({ publicKey }));
}

/** Makes a passkey. */
export async function newPasskey(asked: Challenge): Promise<Answered> {
	const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(optionsOf(asked) as PublicKeyCredentialCreationOptionsJSON);
	return answered(asked, await navigator.credentials.create({ publicKey }));
}
