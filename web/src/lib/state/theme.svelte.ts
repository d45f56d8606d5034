// Light, dark, or as the system wishes; kept in this browser.

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'onrecord-theme';

function kept(): Theme {
	try {
		const value = localStorage.getItem(KEY);
		return value === 'light' || value === 'dark' ? value : 'system';
	} catch {
		return 'system';
	}
}

class ThemeState {
	current = $state<Theme>(kept());

	constructor() {
		this.#show();
	}

	set(theme: Theme): void {
		this.current = theme;
		try {
			localStorage.setItem(KEY, theme);
		} catch {
			// A browser that keeps nothing shows the choice until the page is left.
		}
		this.#show();
	}

	#show(): void {
		if (this.current === 'system') delete document.documentElement.dataset['theme'];
		else document.documentElement.dataset['theme'] = this.current;
	}
}

export const theme = new ThemeState();
