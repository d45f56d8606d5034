// What the API under /api/v1 answers, as docs/design/application.md names it. Times are RFC 3339 in UTC.

export type OutcomeWord =
	| 'recorded' | 'excused' | 'not_required' | 'no_camera' | 'awaiting_upload' | 'unverifiable' | 'partial' | 'missing';

export type DefectKind = 'never_activated' | 'late_activation' | 'early_stop' | 'gap';

export type RecordingState = 'receiving' | 'complete' | 'unreadable' | 'external' | 'disposed';

export type RestrictedClass = 'juvenile' | 'sexual_assault' | 'undercover' | 'internal_affairs';

export type Role =
	| 'officer' | 'supervisor' | 'program_manager' | 'evidence_technician' | 'records' | 'prosecutor' | 'oversight' | 'administrator';

/** RFC 9457. */
export interface Problem {
	type: string;
	title: string;
	status: number;
	detail: string;
	/** The rule that refuses, where there is one to name. */
	rule?: string;
}

export interface Page<T> {
	items: T[];
	next_cursor?: string | null;
	/** At most 10,001, which means "more than 10,000". */
	total?: number | null;
}

export interface SignInPage {
	agency: string;
	banner: string;
	methods: string[];
	/** What the way to the agency's identity provider is called, where there is one. */
	provider?: string | null;
	is_demo: boolean;
	timezone?: string | null;
}

export interface Person {
	id: string;
	name: string;
	display_name: string;
	officer_id?: string | null;
	roles: string[];
	districts: string[];
}

export interface Session {
	person: Person;
	may: string[];
	csrf_token: string;
	idle_seconds: number;
	must_change_password: boolean;
	must_set_second_factor?: boolean;
	has_second_factor: boolean;
	has_password?: boolean;
}

export interface PersonRow extends Person {
	mail?: string | null;
	state: string;
	signed_in_at?: string | null;
	has_second_factor?: boolean;
}

export interface Token {
	id: string;
	name: string;
	role: string;
	created_at: string;
	revoked_at?: string | null;
}

export interface OfficerRef {
	id: string;
	name?: string | null;
	badge?: string | null;
	district?: string | null;
}

export interface Interval {
	from: string;
	to: string;
}

export interface Defect extends Interval {
	kind: DefectKind;
}

export interface Outcome {
	line?: number;
	call_id: string;
	officer_id: string;
	begin?: string | null;
	end?: string | null;
	outcome: OutcomeWord;
	reason?: string | null;
	defects?: Defect[] | null;
	covered_s?: number | null;
	uncovered_s?: number | null;
	excused_s?: number | null;
	in_grace?: boolean | null;
	notice?: string | null;
	recordings?: string[] | null;
	citation?: string | null;
	policy?: string;
	policy_version?: string;
	computed_at?: string | null;
}

export interface Clip {
	id: string;
	name: string;
	kind: string;
	sha256?: string | null;
	size?: number | null;
	state: string;
}

export interface RecordingRow {
	id: string;
	camera_serial?: string | null;
	officer_id?: string | null;
	officer?: OfficerRef | null;
	district?: string | null;
	started_at?: string | null;
	activated_at?: string | null;
	stopped_at?: string | null;
	timezone?: string | null;
	clock_offset_us?: number | null;
	state: RecordingState;
	clips: Clip[];
	attachments?: Clip[];
	categories: string[];
	restricted?: string | null;
	/** Bytes of its clips. */
	size: number;
	/** By how much people moved its clock. */
	alignment_us: number;
}

export interface RecordingCall {
	call_id: string;
	call_type?: string | null;
	district?: string | null;
	/** Of the officer's duty. */
	begin?: string | null;
	end?: string | null;
	outcome: OutcomeWord;
	reason?: string | null;
}

export interface Hold {
	id: string;
	reason: string;
	until?: string | null;
	/** The case for which it stands; it goes with the case. */
	case_id?: string | null;
	by?: string | null;
	at?: string | null;
	lifted_at?: string | null;
	lifted_by?: string | null;
}

export interface Note {
	id: string;
	text: string;
	by?: string | null;
	at?: string | null;
}

export interface Marker extends Note {
	at_us: number;
}

export interface Correction {
	id: string;
	kind: string;
	before?: string | null;
	after?: string | null;
	reason: string;
	by?: string | null;
	at?: string | null;
}

export interface CaseRef {
	id: string;
	number: string;
	title?: string | null;
}

export interface MediaFacts {
	container?: string;
	duration_us?: number | null;
	started_at_us?: number | null;
	video?: { codec: string; width: number; height: number; frames_per_second?: [number, number] | null } | null;
	audio?: { codec: string; channels: number } | null;
	browser_playable?: boolean;
	why_not?: string | null;
}

export interface Media {
	clip_id: string;
	facts?: MediaFacts | null;
	failure?: string | null;
	playable?: 'original' | 'proxy' | null;
	has_clear?: boolean;
	has_poster?: boolean;
	has_waveform?: boolean;
	has_trail?: boolean;
}

export interface RecordingDetail extends RecordingRow {
	title: string;
	calls: RecordingCall[];
	holds: Hold[];
	notes: Note[];
	markers: Marker[];
	corrections: Correction[];
	cases: CaseRef[];
	media: Media[];
	clock_uncertainty_us?: number | null;
	may: string[];
}

export interface CustodyEntry {
	at: string;
	kind: string;
	sentence: string;
	actor: string;
	index?: number | null;
}

export interface TrailPoint {
	at: string;
	lat: number;
	lon: number;
}

export interface Waveform {
	per_second: number;
	peaks: number[];
}

export interface VerifiedClip {
	id: string;
	name: string;
	expected: string;
	found?: string | null;
	is_same: boolean;
	index?: number | null;
	checkpoint_size?: number | null;
}

export interface Verified {
	clips: VerifiedClip[];
	verified_at: string;
}

export interface Receipt {
	recording_id: string;
	clip_id: string;
	sha256: string;
	size: number;
	entry: string;
	salt: string;
	index?: number | null;
	proof?: string[] | null;
	checkpoint?: string | null;
}

export interface CallRow {
	call_id: string;
	call_type?: string | null;
	district?: string | null;
	/** When the first duty began, and the last ended. */
	begin?: string | null;
	end?: string | null;
	/** Ids. */
	officers: string[];
	worst: OutcomeWord;
	outcomes: Partial<Record<OutcomeWord, number>>;
	unrecorded_s: number;
}

/** An interval of the server's: an end that is not known is absent. */
export interface Span {
	from?: string | null;
	to?: string | null;
}

export interface LaneRecording extends Span {
	/** Absent where the recording itself may not be seen. */
	id?: string | null;
	camera_serial?: string | null;
	state?: RecordingState | null;
	activated?: string | null;
	alignment_us: number;
	has_media: boolean;
}

export interface LaneException extends Span {
	code: string;
	title?: string | null;
	citation?: string | null;
	approved_by?: string | null;
}

export interface Outage extends Span {
	event: string;
	camera_serial: string;
}

export interface Account extends Span {
	id: string;
	call_id: string;
	officer_id: string;
	district?: string | null;
	code?: string | null;
	text: string;
	/** noted (words only), accepted (needs no approval), pending, approved or rejected. */
	state: string;
	by: string;
	at?: string | null;
	decided_by?: string | null;
	decided_at?: string | null;
	reason?: string | null;
}

export interface LaneTime {
	name: string;
	/** Absent where the text cannot be read as a time. */
	at?: string | null;
	text: string;
}

/** A duty of a call. */
export interface Lane {
	officer: OfficerRef;
	unit?: string | null;
	times: LaneTime[];
	outcome: Outcome;
	recordings: LaneRecording[];
	exceptions: LaneException[];
	outages: Outage[];
	accounts: Account[];
	may_give_account: boolean;
	may_decide: boolean;
}

export interface CallDetail extends CallRow {
	lanes: Lane[];
	/** Whether there are duties that may not be seen. */
	is_partial: boolean;
	window?: Span | null;
	covered: Span[];
	nobody: Span[];
}

export interface Share {
	count: number;
	share?: number | null;
	low?: number | null;
	high?: number | null;
}

export interface Shares {
	obligations: number;
	not_required: number;
	no_camera: number;
	decided: number;
	recorded: Share;
	excused: Share;
	partial: Share;
	missing: Share;
	undecided: Share;
}

export interface Group {
	name: string;
	officers: number;
	all: Shares;
	without_grace: Shares;
}

export type Cut = 'district' | 'officer' | 'unit' | 'call_type' | 'week' | 'month' | 'weekday' | 'hour';

export interface AuditFigures {
	status: string;
	policy: { id: string; version: string; title: string };
	timezone: string;
	obligations_period?: Span | null;
	obligations: number;
	outcomes: { outcome: OutcomeWord; reason: string; count: number; in_grace: number }[];
	defects: { kind: DefectKind; count: number; seconds: number; in_grace: number; provisional: number; provisional_seconds: number }[];
	notice: { status: string; count: number; in_grace: number }[];
	shares: Shares;
	shares_without_grace: Shares;
	intervals: string;
	by: Partial<Record<Cut, Group[]>>;
	calls: Record<'calls' | 'all_on_record' | 'some_on_record' | 'none_on_record' | 'undecided' | 'nobody_required', number>;
	cannot_say: { outcome: OutcomeWord; reason: string; count: number }[];
}

export interface AuditAnswer {
	/** Absent while they are counted for the first time. */
	computed_at?: string | null;
	is_counting: boolean;
	figures?: AuditFigures | null;
}

export interface ExceptionCode {
	code: string;
	title: string;
	citation?: string | null;
	needs_approval: boolean;
}

export interface PolicyAnswer {
	id: string;
	version: string;
	title: string;
	jurisdiction?: string | null;
	/** Plain text with underlined headings; every rule ends with its citation in brackets. */
	explanation: string;
	exceptions: ExceptionCode[];
	/** Policies that are shipped, by name. */
	packs: string[];
}

export interface Compared {
	a: { policy: { id: string; version: string; title: string }; shares: Shares };
	b: { policy: { id: string; version: string; title: string }; shares: Shares };
	obligations: number;
	unchanged: number;
	changed: number;
	milder: number;
	graver: number;
	outcomes: { outcome_a: OutcomeWord; outcome_b: OutcomeWord; count: number }[];
	districts: { name: string; obligations: number; changed: number; milder: number; graver: number }[];
	notes?: string[];
}

export interface Comparison {
	id: string;
	/** waiting, running, done, failed or cancelled. */
	state: string;
	/** From 0 to 1. */
	progress: number;
	result?: Compared | null;
	failure?: string | null;
	created_at?: string | null;
	done_at?: string | null;
}

export interface CaseRow {
	id: string;
	number: string;
	title: string;
	state: string;
	description: string;
	created_at?: string | null;
	changed_at?: string | null;
}

export interface CaseDetail extends CaseRow {
	created_by: string;
	/** As far as they may be seen. Other media are among them. */
	recordings: RecordingRow[];
	notes: Note[];
	people: { id: string; name: string }[];
	may_edit: boolean;
}

export interface District {
	id: string;
	name?: string | null;
	/** GeoJSON Polygon or MultiPolygon, longitude first. */
	outline?: { type: 'Polygon' | 'MultiPolygon'; coordinates: unknown } | null;
}

/** A GeoJSON feature collection whose features name their district. */
export interface Outlines {
	features: { properties: { district: string; name?: string }; geometry: NonNullable<District['outline']> }[];
}

export interface Category {
	id: string;
	title: string;
	/** No longer given. */
	retired: boolean;
}

export interface Waiting<T> {
	total: number;
	items: T[];
}

export interface HomeAnswer {
	/** One's own recordings of the last 30 days in no category. */
	to_categorise?: Waiting<RecordingRow> | null;
	/** One's own calls that lack video. */
	to_explain?: Waiting<CallRow> | null;
	/** Accounts that wait for one's decision. */
	to_decide?: Waiting<Account> | null;
	/** Calls with a duty of which nothing is on record. */
	lacking?: Waiting<CallRow> | null;
	notifications: Notification[];
}

export interface Notification {
	id: string;
	kind: string;
	/** The page that it is about. */
	subject: string;
	text: string;
	at?: string | null;
	read_at?: string | null;
}

export interface SavedSearch {
	id: string;
	title: string;
	/** evidence, calls, audit or cases. */
	page: string;
	query: string;
	at?: string | null;
}

/** What became of the records of a file (arrests, force reports, complaints, case numbers). */
export interface RecordsAnswer {
	id: string;
	rows: { read: number; accepted: number; rejected: number; duplicates: number };
	rejects: { line: number; column: string; what: string; reason: string }[];
	/** Recordings that were linked, in all. */
	linked: number;
	/** New records that fit no recording. */
	unlinked: number;
}

export interface ImportAnswer {
	id: string;
	kind: string;
	sha256: string;
	size: number;
	rows: { read: number; accepted: number; rejected: number; duplicates: number };
	rejects: { line: number; column: string; what: 'row' | 'value'; reason: string }[];
	rejects_total: number;
	notes: string[];
	outcomes_due: number;
}

export interface AdministrationAnswer {
	version: string;
	/** sqlite or postgres. */
	database: string;
	jobs_waiting: number;
	jobs_failed: { kind: string; subject: string; failure: string }[];
	/** Officers whose outcomes are being decided anew. */
	outcomes_due: number;
	ledger: { sequenced: number; integrated: number };
	keys_copied: boolean;
	has_media_tools: boolean;
	holdings: { recordings: number; clips: number; bytes: number; calls: number };
}

/** What a browser is asked for when a passkey is made or used. */
export interface Challenge {
	challenge_id: string;
	options: { publicKey?: unknown };
}

export interface Passkey {
	id: string;
	name: string;
	created_at: string;
	used_at?: string | null;
}
