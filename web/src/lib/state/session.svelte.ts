// Who is signed in, what they may do, and whether the server has locked the session; one for the whole page.
import { goto } from '$app/navigation';
import { session as api, signIn, ApiProblem, type Session, type SignInPage } from '$lib/api';
import { listenTo } from '$lib/api/client';
import { w } from '$lib/words';

/** Kept in this browser while somebody is signed in: asking the server in vain is an error in the browser's console. */
const HINT = 'onrecord-session';

function hint(isThere: boolean): void {
	try {
		if (isThere) localStorage.setItem(HINT, '1');
		else localStorage.removeItem(HINT);
	} catch {
		// A browser that keeps nothing asks for a sign-in after each reload.
	}
}
function isHinted(): boolean {
	try {
		return localStorage.getItem(HINT) !== null;
	} catch {
		return false;
	}
}

class SessionState {
	/** What the sign-in page says of the installation. */
	installation = $state<SignInPage>();
	current = $state<Session>();
	/** The idle lock is on: what was on the screen is hidden until the password is given. */
	isLocked = $state(false);
	/** Rises when data may be asked for again, so that what depends on it is. */
	epoch = $state(0);
	/** Somebody signed out: whoever signs in next begins at Home, and not where they were. */
	hasLeft = $state(false);
	/** Why nothing could be begun. */
	problem = $state<ApiProblem>();
	isReady = $state(false);

	get zone(): string | undefined {
		return this.installation?.timezone ?? undefined;
	}

	may(...actions: string[]): boolean {
		return actions.some((action) => this.current?.may.includes(action));
	}

	has(role: string): boolean {
		return this.current?.person.roles.includes(role) ?? false;
	}

	/** Asks who is signed in; at the start of the page. */
	async begin(): Promise<void> {
		this.problem = undefined;
		try {
			this.installation = await signIn.look();
			// Whom the identity provider's way brought back with a problem is not signed in.
			if (new URLSearchParams(location.search).has('problem')) hint(false);
			if (isHinted()) await this.#resume();
		} catch (failure) {
			this.problem = failure instanceof ApiProblem ? failure : undefined;
		} finally {
			this.isReady = true;
		}
	}

	async #resume(): Promise<void> {
		try {
			this.current = await api.get();
		} catch (failure) {
			if (!(failure instanceof ApiProblem) || (failure.status !== 401 && failure.status !== 423)) throw failure;
			hint(failure.status === 423);
		}
	}

	/** Goes to the agency's identity provider, which brings whoever it is back here signed in. */
	expect(): void {
		hint(true);
	}

	enter(session: Session): void {
		hint(true);
		this.hasLeft = false;
		this.current = session;
		this.isLocked = false;
		this.epoch += 1;
	}

	async unlock(password: string): Promise<void> {
		await api.unlock(password);
		this.enter(await api.get());
	}

	async leave(): Promise<void> {
		try {
			await api.end();
		} finally {
			hint(false);
			this.hasLeft = true;
			this.current = undefined;
			this.isLocked = false;
			await goto('/sign-in');
		}
	}
}

export const session = new SessionState();

listenTo({
	csrf: () => session.current?.csrf_token,
	ended() {
		hint(false);
		if (!session.current) return;
		session.current = undefined;
		session.isLocked = false;
	},
	locked() {
		session.isLocked = true;
	},
	unreachable: () => ({ type: 'urn:onrecord:unreachable', title: w.problem.unreachable, status: 0, detail: w.problem.unreachableDetail }),
	unreadable: (status) => ({ type: 'about:blank', title: w.problem.unreadable, status, detail: w.problem.unreadableDetail(status) })
});
