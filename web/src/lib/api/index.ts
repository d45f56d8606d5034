// Every call that the pages make, by the thing it is about. Nothing else in the pages knows an address of the API.
import { address, ask, type Query } from './client';
import type * as T from './types';

export { ApiProblem, type Query } from './client';
export type * from './types';

const V = '/api/v1';
const at = (...parts: string[]) => V + parts.map((part) => `/${encodeURIComponent(part)}`).join('');

export const signIn = {
	look: () => ask<T.SignInPage>('GET', `${V}/sign-in`, { isAnonymous: true }),
	byPassword: (body: { name: string; password: string; code?: string | undefined }) =>
		ask<T.Session>('POST', `${V}/sign-in`, { body, isAnonymous: true }),
	beginPasskey: () =>
		ask<T.Challenge>('POST', `${V}/sign-in/passkey/begin`, {
			body: {},
			isAnonymous: true
		}),
	finishPasskey: (body: unknown) => ask<T.Session>('POST', `${V}/sign-in/passkey/finish`, { body, isAnonymous: true }),
	/** `to`: the page to go on to. */
	oidcAddress: (to: string) => address(`${V}/sign-in/oidc`, { to })
};

export const session = {
	get: () => ask<T.Session>('GET', `${V}/session`, { isAnonymous: true }),
	end: () => ask<void>('DELETE', `${V}/session`),
	unlock: (password: string) => ask<T.Session | undefined>('POST', `${V}/session/unlock`, { body: { password }, isAnonymous: true }),
	changePassword: (body: { current: string; new: string }) => ask<void>('POST', `${V}/session/password`, { body }),
	beginTotp: () => ask<{ secret: string; uri: string }>('POST', `${V}/session/totp`, { body: {} }),
	confirmTotp: (code: string) => ask<{ recovery_codes?: string[] } | undefined>('POST', `${V}/session/totp/confirm`, { body: { code } }),
	removeTotp: () => ask<void>('DELETE', `${V}/session/totp`),
	passkeys: () => ask<{ items: T.Passkey[] }>('GET', `${V}/session/passkeys`),
	beginPasskey: () =>
		ask<T.Challenge>('POST', `${V}/session/passkeys/begin`, { body: {} }),
	finishPasskey: (body: unknown) => ask<T.Passkey>('POST', `${V}/session/passkeys/finish`, { body }),
	removePasskey: (id: string) => ask<void>('DELETE', at('session', 'passkeys', id))
};

export const people = {
	list: (query: Query, signal?: AbortSignal) => ask<T.Page<T.PersonRow>>('GET', `${V}/people`, { query, signal }),
	get: (id: string) => ask<T.PersonRow>('GET', at('people', id)),
	add: (body: unknown) => ask<{ person: T.PersonRow; password: string }>('POST', `${V}/people`, { body }),
	change: (id: string, body: unknown) => ask<T.PersonRow>('PATCH', at('people', id), { body }),
	reset: (id: string) => ask<{ password: string }>('POST', `${at('people', id)}/reset`, { body: {} })
};

export const tokens = {
	list: (signal?: AbortSignal) => ask<{ items: T.Token[] }>('GET', `${V}/tokens`, { signal }),
	add: (body: { name: string; role: string }) => ask<{ id: string; token: string }>('POST', `${V}/tokens`, { body }),
	remove: (id: string) => ask<void>('DELETE', at('tokens', id))
};

export const recordings = {
	list: (query: Query, signal?: AbortSignal) => ask<T.Page<T.RecordingRow>>('GET', `${V}/recordings`, { query, signal }),
	get: (id: string, signal?: AbortSignal) => ask<T.RecordingDetail>('GET', at('recordings', id), { signal }),
	custody: (id: string, signal?: AbortSignal) => ask<{ items: T.CustodyEntry[] }>('GET', `${at('recordings', id)}/custody`, { signal }),
	trail: (id: string, signal?: AbortSignal) => ask<{ items: T.TrailPoint[] }>('GET', `${at('recordings', id)}/trail`, { signal }),
	verify: (id: string) => ask<T.Verified>('POST', `${at('recordings', id)}/verify`, { body: {} }),
	setCategories: (id: string, categories: string[]) =>
		ask<void>('PUT', `${at('recordings', id)}/categories`, { body: { categories } }),
	categorise: (body: { recording_ids: string[]; add: string[]; remove: string[] }) =>
		ask<{ recordings: number }>('POST', `${V}/recordings/categories`, { body }),
	addNote: (id: string, text: string) => ask<void>('POST', `${at('recordings', id)}/notes`, { body: { text } }),
	addMarker: (id: string, body: { at_us: number; text: string }) => ask<void>('POST', `${at('recordings', id)}/markers`, { body }),
	removeMarker: (id: string, marker: string) => ask<void>('DELETE', at('recordings', id, 'markers', marker)),
	correct: (id: string, body: unknown) => ask<void>('POST', `${at('recordings', id)}/corrections`, { body }),
	restrict: (id: string, body: { class: string | null; reason: string }) =>
		ask<void>('PUT', `${at('recordings', id)}/restriction`, { body }),
	hold: (id: string, body: { reason: string; until?: string | undefined }) => ask<void>('POST', `${at('recordings', id)}/holds`, { body }),
	endHold: (id: string, hold: string) => ask<void>('DELETE', at('recordings', id, 'holds', hold)),
	align: (id: string, body: { offset_us: number; reason: string }) => ask<void>('PUT', `${at('recordings', id)}/alignment`, { body })
};

export const clips = {
	address: (id: string, what: 'original' | 'proxy' | 'clear' | 'poster' | 'receipt', reason?: string) =>
		address(`${at('clips', id)}/${what}`, { reason }),
	/** The original, to be kept: it takes another right than to play it, and stands as such in the custody trail. */
	download: (id: string) => address(`${at('clips', id)}/original`, { download: 'true' }),
	waveform: (id: string, signal?: AbortSignal) => ask<T.Waveform>('GET', `${at('clips', id)}/waveform`, { signal }),
	receipt: (id: string) => ask<T.Receipt>('GET', `${at('clips', id)}/receipt`)
};

export const calls = {
	list: (query: Query, signal?: AbortSignal) => ask<T.Page<T.CallRow>>('GET', `${V}/calls`, { query, signal }),
	get: (id: string, signal?: AbortSignal) => ask<T.CallDetail>('GET', at('calls', id), { signal }),
	events: (id: string) => new EventSource(`${at('calls', id)}/events`),
	giveAccount: (id: string, body: unknown) => ask<T.Account>('POST', `${at('calls', id)}/accounts`, { body })
};

export const accounts = {
	list: (query: Query, signal?: AbortSignal) => ask<T.Page<T.Account>>('GET', `${V}/accounts`, { query, signal }),
	decide: (id: string, body: { approve: boolean; reason: string }) => ask<T.Account>('POST', `${at('accounts', id)}/decision`, { body })
};

export const audit = {
	get: (query: Query, signal?: AbortSignal) => ask<T.AuditAnswer>('GET', `${V}/audit`, { query, signal }),
	policy: (signal?: AbortSignal) => ask<T.PolicyAnswer>('GET', `${V}/policy`, { signal }),
	comparisons: (signal?: AbortSignal) => ask<{ items: T.Comparison[] }>('GET', `${V}/policy/comparisons`, { signal }),
	compare: (body: { policy: string }) => ask<T.Comparison>('POST', `${V}/policy/comparisons`, { body }),
	comparison: (id: string, signal?: AbortSignal) => ask<T.Comparison>('GET', at('policy', 'comparisons', id), { signal }),
	dropComparison: (id: string) => ask<void>('DELETE', at('policy', 'comparisons', id))
};

export const cases = {
	list: (query: Query, signal?: AbortSignal) => ask<T.Page<T.CaseRow>>('GET', `${V}/cases`, { query, signal }),
	get: (id: string, signal?: AbortSignal) => ask<T.CaseDetail>('GET', at('cases', id), { signal }),
	add: (body: unknown) => ask<{ id: string }>('POST', `${V}/cases`, { body }),
	change: (id: string, body: unknown) => ask<T.CaseDetail>('PATCH', at('cases', id), { body }),
	addRecordings: (id: string, recording_ids: string[]) => ask<void>('POST', `${at('cases', id)}/recordings`, { body: { recording_ids } }),
	removeRecording: (id: string, recording: string) => ask<void>('DELETE', at('cases', id, 'recordings', recording)),
	addNote: (id: string, text: string) => ask<void>('POST', `${at('cases', id)}/notes`, { body: { text } }),
	addMedia: (id: string, query: Query, file: Blob) => ask<void>('POST', `${at('cases', id)}/media`, { query, file })
};

export const choices = {
	officers: (q: string, signal?: AbortSignal) => ask<{ items: T.OfficerRef[] }>('GET', `${V}/officers`, { query: { q }, signal }),
	/** People to be named in a case, by the words of their names. */
	people: async (q: string, signal?: AbortSignal) =>
		(await ask<{ items: { id: string; name: string }[] }>('GET', `${V}/cases/people`, { query: { q }, signal })).items,
	/** The districts, each with its outline where one is loaded. */
	districts: async (signal?: AbortSignal): Promise<{ items: T.District[] }> => {
		const { items, outlines } = await ask<{ items: string[]; outlines?: T.Outlines | null }>('GET', `${V}/districts`, { signal });
		const drawn = new Map(outlines?.features.map((feature) => [feature.properties.district, feature]));
		return {
			items: [...new Set([...items, ...drawn.keys()])].map((id) => ({
				id, name: drawn.get(id)?.properties.name ?? null, outline: drawn.get(id)?.geometry ?? null
			}))
		};
	},
	setOutlines: (outlines: unknown) => ask<void>('PUT', `${V}/districts/outlines`, { body: outlines }),
	categories: (signal?: AbortSignal) => ask<{ items: T.Category[] }>('GET', `${V}/categories`, { signal }),
	setCategories: (items: { id: string; title: string }[]) => ask<void>('PUT', `${V}/categories`, { body: { items } })
};

export const home = {
	get: (signal?: AbortSignal) => ask<T.HomeAnswer>('GET', `${V}/home`, { signal }),
	notifications: (signal?: AbortSignal) => ask<{ items: T.Notification[] }>('GET', `${V}/notifications`, { signal }),
	read: (id: string) => ask<void>('POST', `${at('notifications', id)}/read`, { body: {} }),
	searches: (signal?: AbortSignal) => ask<{ items: T.SavedSearch[] }>('GET', `${V}/saved-searches`, { signal }),
	saveSearch: (body: { title: string; page: string; query: string }) => ask<T.SavedSearch>('POST', `${V}/saved-searches`, { body }),
	dropSearch: (id: string) => ask<void>('DELETE', at('saved-searches', id))
};

export const administration = {
	get: (signal?: AbortSignal) => ask<T.AdministrationAnswer>('GET', `${V}/administration`, { signal }),
	import: (kind: string, query: Query, file: Blob) => ask<T.ImportAnswer | T.RecordsAnswer>('POST', at('imports', kind), { query, file })
};

/** A list as CSV, at most 100,000 rows. */
export const csv = (path: string, query: Query, signal?: AbortSignal) => ask<Blob>('GET', `${V}${path}`, { query, accept: 'text/csv', signal });
