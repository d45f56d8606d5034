// Follows a call: the server says `changed` within two seconds of anything about it. Several changes in a row are one.
import { calls } from '$lib/api';
import { session } from '$lib/state/session.svelte';

/** Waits this long for further changes, in milliseconds. */
const SETTLE = 250;

export function follow(id: () => string, changed: () => void): { readonly isOn: boolean } {
	let isOn = $state(false);
	$effect(() => {
		void session.epoch;
		const source = calls.events(id());
		let timer: ReturnType<typeof setTimeout> | undefined;
		let wasAway = false;
		const tell = () => {
			clearTimeout(timer);
			timer = setTimeout(changed, SETTLE);
		};
		source.onopen = () => {
			isOn = true;
			// What changed while nobody was listening.
			if (wasAway) tell();
			wasAway = false;
		};
		source.onerror = () => {
			isOn = false;
			wasAway = true;
		};
		source.addEventListener('changed', tell);
		return () => {
			clearTimeout(timer);
			source.close();
		};
	});
	return {
		get isOn() {
			return isOn;
		}
	};
}
