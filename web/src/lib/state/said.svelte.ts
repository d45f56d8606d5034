// What has been done, in the past tense: said once to those who listen, shown for a while to those who look.

class Said {
	text = $state('');
	#timer: ReturnType<typeof setTimeout> | undefined;

	say(text: string): void {
		clearTimeout(this.#timer);
		this.text = text;
		this.#timer = setTimeout(() => (this.text = ''), 8000);
	}

	dismiss = (): void => {
		clearTimeout(this.#timer);
		this.text = '';
	};
}

export const said = new Said();
