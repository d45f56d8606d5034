declare global {
	namespace App {
		interface PageState {
			/** The cursors of the pages of a list that lead to this one. */
			cursors?: string[];
		}
	}
}

export {};
