// The state of a list lives in the address: filters, order and page. So a list can be linked, kept and gone back to.
import { goto } from '$app/navigation';
import { page } from '$app/state';

export class ListState<Name extends string> {
	readonly names: readonly Name[];
	readonly defaultSort: string;

	constructor(names: readonly Name[], defaultSort: string) {
		this.names = names;
		this.defaultSort = defaultSort;
	}

	get(name: Name): string {
		return page.url.searchParams.get(name) ?? '';
	}

	get sort(): string {
		return page.url.searchParams.get('sort') || this.defaultSort;
	}

	get cursor(): string {
		return page.url.searchParams.get('cursor') ?? '';
	}

	/** The filters that are set, and the order: what the server is asked, and what a saved search keeps. */
	get query(): Record<string, string> {
		const given: Record<string, string> = {};
		for (const name of this.names) {
			const value = this.get(name);
			if (value) given[name] = value;
		}
		given['sort'] = this.sort;
		return given;
	}

	get isFiltered(): boolean {
		return this.names.some((name) => this.get(name) !== '');
	}

	#go(change: (params: URLSearchParams) => void, cursors: string[] = []): void {
		const url = new URL(page.url);
		change(url.searchParams);
		void goto(url, { keepFocus: true, noScroll: true, state: { cursors } });
	}

	/** Sets filters; an empty one goes. The list begins anew. */
	set(values: Partial<Record<Name, string>>): void {
		this.#go((params) => {
			for (const [name, value] of Object.entries(values) as [Name, string][]) {
				if (value) params.set(name, value);
				else params.delete(name);
			}
			params.delete('cursor');
		});
	}

	clear(): void {
		this.set(Object.fromEntries(this.names.map((name) => [name, ''])) as Record<Name, string>);
	}

	/** The address of this list in another order. */
	sorted(sort: string): string {
		const params = new URLSearchParams(page.url.searchParams);
		if (sort === this.defaultSort) params.delete('sort');
		else params.set('sort', sort);
		params.delete('cursor');
		const text = params.toString();
		return text ? `?${text}` : page.url.pathname;
	}

	next(cursor: string): void {
		const before = [...(page.state.cursors ?? []), this.cursor];
		this.#go((params) => params.set('cursor', cursor), before);
	}

	get hasPrevious(): boolean {
		return this.cursor !== '';
	}

	/** The page before, where it is known; else the first. */
	previous(): void {
		const before = [...(page.state.cursors ?? [])];
		const cursor = before.pop();
		this.#go((params) => (cursor ? params.set('cursor', cursor) : params.delete('cursor')), before);
	}
}
