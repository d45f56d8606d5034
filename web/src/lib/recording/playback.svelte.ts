// Playing one recording, whatever number of clips it is in: a place in seconds from its first frame, and what can be done there.
// Drives one video element; knows nothing of how it looks.
import { clips } from '$lib/api';
import { playableNear, stretchAt, type Stretch } from './sync';

export const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8] as const;

export class Playback {
	position = $state(0);
	isPaused = $state(true);
	rate = $state(1);
	isMuted = $state(false);
	hasFailed = $state(false);
	/** The clip that is in the video element. */
	current = $state.raw<Stretch>();
	stretches: Stretch[];
	length: number;
	#video: HTMLVideoElement | undefined;
	#wanted: number;

	constructor(stretches: Stretch[], length: number, start: number) {
		this.stretches = stretches;
		this.length = length;
		this.#wanted = playableNear(stretches, start);
		this.position = this.#wanted;
		this.current = stretchAt(stretches, this.#wanted) ?? stretches[0];
	}

	/** Where the video element gets its bytes. */
	get source(): string | undefined {
		return this.current && clips.address(this.current.clip, this.current.playable);
	}

	get poster(): string | undefined {
		return this.current?.hasPoster ? clips.address(this.current.clip, 'poster') : undefined;
	}

	/** Takes charge of a video element, as an action. */
	attach = (video: HTMLVideoElement) => {
		this.#video = video;
		let frame = 0;
		const follow = () => {
			this.#read();
			frame = requestAnimationFrame(follow);
		};
		const on = {
			loadedmetadata: () => this.#arrive(),
			play: () => {
				this.isPaused = false;
				cancelAnimationFrame(frame);
				frame = requestAnimationFrame(follow);
			},
			pause: () => {
				if (!video.ended) this.isPaused = true;
				cancelAnimationFrame(frame);
				this.#read();
			},
			seeked: () => this.#read(),
			ended: () => this.#goOn(),
			error: () => (this.hasFailed = video.error !== null)
		};
		for (const [name, act] of Object.entries(on)) video.addEventListener(name, act);
		return {
			destroy: () => {
				cancelAnimationFrame(frame);
				for (const [name, act] of Object.entries(on)) video.removeEventListener(name, act);
				this.#video = undefined;
			}
		};
	};

	#read(): void {
		if (this.#video && this.current && this.#video.readyState > 0) this.position = this.current.from + this.#video.currentTime;
	}

	/** A clip is there: to the place that was wanted in it. */
	#arrive(): void {
		if (!this.#video || !this.current) return;
		this.hasFailed = false;
		const inside = this.#wanted - this.current.from;
		if (inside > 0) this.#video.currentTime = inside;
		this.#video.playbackRate = this.rate;
		if (!this.isPaused) void this.#video.play().catch(() => (this.isPaused = true));
	}

	/** A clip has ended: the next one, where there is one. */
	#goOn(): void {
		const next = this.stretches.find((stretch) => this.current && stretch.from >= this.current.to - 0.001 && stretch !== this.current);
		if (next) this.seek(next.from);
		else this.isPaused = true;
	}

	play = (): void => {
		if (this.position >= this.length - 0.05 && this.#video?.ended) this.seek(0);
		void this.#video?.play().catch(() => (this.isPaused = true));
	};

	pause = (): void => this.#video?.pause();

	toggle = (): void => (this.isPaused ? this.play() : this.pause());

	seek(to: number): void {
		const target = playableNear(this.stretches, Math.min(Math.max(to, 0), this.length));
		const stretch = stretchAt(this.stretches, target);
		this.#wanted = target;
		this.position = target;
		if (stretch && stretch !== this.current) this.current = stretch;
		else if (this.#video && this.current) this.#video.currentTime = target - this.current.from;
	}

	by(seconds: number): void {
		this.seek(this.position + seconds);
	}

	/** Frames are stepped to their middle, so that rounding never shows the one before. */
	step(frames: number): void {
		this.pause();
		const rate = this.current?.frames ?? 30;
		const now = Math.floor((this.position - (this.current?.from ?? 0)) * rate + 0.001);
		this.seek((this.current?.from ?? 0) + Math.max(0, now + frames + 0.5) / rate);
	}

	setRate(rate: number): void {
		this.rate = rate;
		if (this.#video) this.#video.playbackRate = rate;
	}

	faster(by: 1 | -1): void {
		const now = SPEEDS.findIndex((speed) => speed >= this.rate);
		this.setRate(SPEEDS[Math.min(Math.max(now + by, 0), SPEEDS.length - 1)] ?? 1);
	}

	toggleSound = (): void => {
		this.isMuted = !this.isMuted;
	};
}
