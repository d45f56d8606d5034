// The agency's categories, asked for once: lists show their titles, and the server speaks of their ids.
import { choices, type Category } from '$lib/api';

class Categories {
	items = $state.raw<Category[]>([]);
	#isAsked = false;

	/** Asks for them where nobody has yet; a failure leaves the ids readable. */
	need(): void {
		if (this.#isAsked) return;
		this.#isAsked = true;
		choices.categories().then(
			(answer) => (this.items = answer.items),
			() => (this.#isAsked = false)
		);
	}

	forget(): void {
		this.#isAsked = false;
	}

	/** Those that may still be given. */
	get given(): Category[] {
		return this.items.filter((category) => !category.retired);
	}

	title(id: string): string {
		return this.items.find((category) => category.id === id)?.title ?? id.replaceAll('_', ' ');
	}
}

export const categories = new Categories();
