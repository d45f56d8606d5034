// Passkeys: from the server's JSON to the browser's credentials and back.

interface Begun {
	id?: string;
	publicKey: unknown;
}

/** Whether this browser, on this address, can do passkeys at all. */
export const hasPasskeys = (): boolean =>
	typeof PublicKeyCredential !== 'undefined' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

function given(begun: Begun, credential: Credential | null): unknown {
	if (!(credential instanceof PublicKeyCredential)) throw new Error('no credential');
	return { id: begun.id, credential: credential.toJSON() as unknown };
}

/** Signs a challenge with a passkey that is there. */
export async function passkeyAnswer(begun: Begun): Promise<unknown> {
	const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(begun.publicKey as PublicKeyCredentialRequestOptionsJSON);
	return given(begun, await navigator.credentials.get({ publicKey }));
}

/** Makes a passkey. */
export async function newPasskey(begun: Begun): Promise<unknown> {
	const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(begun.publicKey as PublicKeyCredentialCreationOptionsJSON);
	return given(begun, await navigator.credentials.create({ publicKey }));
}
