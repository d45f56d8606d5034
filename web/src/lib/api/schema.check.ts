// Holds the types that the pages use against the server's own description (schema.ts). Nothing here runs: where the two part
// ways, the type check fails on the line that names the answer.
import type { components } from './schema';
import type * as T from './types';

type S = components['schemas'];

/** A type with its words widened to text: the server's description knows text where the pages know which words there are. */
type Wide<X> = X extends string
	? string
	: X extends (infer Y)[]
		? Wide<Y>[]
		: X extends object
			? { [K in keyof X]: Wide<X[K]> }
			: X;

/** True where everything that the pages read is there, of that type. */
type Fits<Server, Ours> = Server extends Wide<Ours> ? true : { missing: Exclude<keyof Ours, keyof Server>; server: Server };

const holds = <Check extends true>(): Check | undefined => undefined;

holds<Fits<S['SessionAnswer'], T.Session>>();
holds<Fits<S['BeforeAnswer'], Omit<T.SignInPage, 'timezone'>>>();
holds<Fits<S['PersonAnswer'], T.PersonRow>>();
holds<Fits<S['TokenAnswer'], T.Token>>();
holds<Fits<S['PasskeyAnswer'], T.Passkey>>();
holds<Fits<S['RecordingAnswer'], T.RecordingRow>>();
holds<Fits<S['RecordingPage'], Omit<T.RecordingDetail, 'media' | 'markers'>>>();
holds<Fits<S['CallAnswer'], Omit<T.CallRow, 'outcomes'>>>();
holds<Fits<S['LaneAnswer'], Omit<T.Lane, 'outcome'>>>();
holds<Fits<S['CallPictureAnswer'], Omit<T.CallDetail, 'lanes' | 'outcomes'>>>();
holds<Fits<S['AccountAnswer'], T.Account>>();
holds<Fits<S['PolicyAnswer'], T.PolicyAnswer>>();
holds<Fits<S['CaseAnswer'], T.CaseRow>>();
holds<Fits<S['CasePage'], Omit<T.CaseDetail, 'notes'>>>();
holds<Fits<S['NotificationAnswer'], T.Notification>>();
holds<Fits<S['SavedSearchAnswer'], T.SavedSearch>>();
holds<Fits<S['CategoryAnswer'], T.Category>>();
holds<Fits<S['AdministrationAnswer'], T.AdministrationAnswer>>();
holds<Fits<S['ImportAnswer'], T.ImportAnswer>>();
holds<Fits<S['RecordsAnswer'], T.RecordsAnswer>>();
holds<Fits<S['VerifiedAnswer'], Omit<T.Verified, 'verified_at'>>>();
holds<Fits<S['ReceiptAnswer'], T.Receipt>>();
holds<Fits<S['StepAnswer'], Omit<T.CustodyEntry, 'at'>>>();
holds<Fits<S['HomeAnswer'], Pick<T.HomeAnswer, 'notifications' | 'to_categorise' | 'to_decide'>>>();
