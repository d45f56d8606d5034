// Something asked of the server for a page: its answer, its problem, and whether it is on its way. What was shown stays while
// the next is fetched. Made while a component is, and ends with it.
import { ApiProblem } from '$lib/api';
import { inBackground } from '$lib/api/client';
import { session } from './session.svelte';

export class Resource<Key, T> {
	data = $state.raw<T>();
	problem = $state.raw<ApiProblem>();
	isLoading = $state(true);
	#round = $state(0);
	#isUnasked = false;

	/** `key` is read again whenever what it depends on changes; `undefined` asks for nothing. */
	constructor(key: () => Key | undefined, fetcher: (key: Key, signal: AbortSignal) => Promise<T>) {
		$effect(() => {
			void this.#round;
			void session.epoch;
			const now = key();
			if (now === undefined) {
				this.isLoading = false;
				return;
			}
			const control = new AbortController();
			if (this.#isUnasked) inBackground(control.signal);
			else this.isLoading = true;
			this.#isUnasked = false;
			fetcher(now, control.signal)
				.then((data) => {
					if (control.signal.aborted) return;
					this.data = data;
					this.problem = undefined;
					this.isLoading = false;
				})
				.catch((failure: unknown) => {
					if (control.signal.aborted) return;
					this.isLoading = false;
					this.problem =
						failure instanceof ApiProblem
							? failure
							: new ApiProblem({ type: 'about:blank', title: '', status: 0, detail: String(failure) });
				});
			return () => control.abort();
		});
	}

	reload = (): void => {
		this.#round += 1;
	};

	/** Looks for news: what is shown stays as it is meanwhile, and the session is not kept from being locked. */
	refresh = (): void => {
		this.#isUnasked = true;
		this.#round += 1;
	};
}
