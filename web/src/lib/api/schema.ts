// Made by `npm run client` from /api/openapi.json; not written by hand.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What an officer says of a call. */
        AccountAnswer: {
            at?: string | null;
            by: string;
            call_id: string;
            code?: string | null;
            decided_at?: string | null;
            decided_by?: string | null;
            district?: string | null;
            from?: string | null;
            id: string;
            officer_id: string;
            reason?: string | null;
            /** @description noted (words only), accepted (needs no approval), pending, approved or rejected. */
            state: string;
            text: string;
            to?: string | null;
        };
        /** @description A page of accounts. */
        AccountsPage: {
            items: components["schemas"]["AccountAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all; 10,001 stands for more than 10,000.
             */
            total: number;
        };
        /** @description How the installation is. */
        AdministrationAnswer: {
            /** @description sqlite or postgres. */
            database: string;
            /** @description Whether media tools are installed. */
            has_media_tools: boolean;
            holdings: components["schemas"]["Holdings"];
            /** @description Jobs that were given up. */
            jobs_failed: components["schemas"]["FailedJob"][];
            /** Format: int64 */
            jobs_waiting: number;
            /** @description Whether an operator has confirmed a copy of the keys (onrecord admin keys confirm-copy). */
            keys_copied: boolean;
            ledger: components["schemas"]["LedgerAnswer"];
            /**
             * Format: int64
             * @description Officers whose outcomes are being decided anew.
             */
            outcomes_due: number;
            version: string;
        };
        /** @description By how much the clock is moved. */
        Alignment: {
            /**
             * Format: int64
             * @description Microseconds, added to the recording's times in pictures of calls.
             */
            offset_us: number;
            reason: string;
        };
        /** @description What a browser is asked for. */
        AskedAnswer: {
            /** @description To be sent back with the answer, within five minutes. */
            challenge_id: string;
            /** @description For `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`. */
            options: Record<string, never>;
        };
        /** @description What is shown before anyone signs in. */
        BeforeAnswer: {
            /** @description The agency's name. */
            agency: string;
            /** @description What everybody must read first. */
            banner: string;
            /** @description Whether everything here is invented. */
            is_demo: boolean;
            /** @description `password`, `passkey`, `oidc`: how one may sign in here. */
            methods: string[];
            /** @description What the way to the agency's identity provider is called, where there is one. */
            provider?: string | null;
            /** @description The zone of the department's clocks, an IANA name, where it is configured. */
            timezone?: string | null;
        };
        /** @description A call. */
        CallAnswer: {
            /** @description When the first duty began. */
            begin?: string | null;
            call_id: string;
            call_type?: string | null;
            district?: string | null;
            /** @description When the last duty ended. */
            end?: string | null;
            /** @description Ids of its officers. */
            officers: string[];
            /** @description How many duties have which outcome. */
            outcomes: {
                [key: string]: number;
            };
            /**
             * Format: double
             * @description Seconds that its partial and missing duties lack, added up.
             */
            unrecorded_s: number;
            /** @description The gravest outcome of its duties. */
            worst: string;
        };
        /** @description A call of which a recording shows something. */
        CallOfRecording: {
            begin?: string | null;
            call_id: string;
            call_type?: string | null;
            district?: string | null;
            end?: string | null;
            outcome: string;
            reason?: string | null;
        };
        /** @description A call as a picture: a lane for each duty. */
        CallPictureAnswer: components["schemas"]["CallAnswer"] & {
            /** @description When somebody was on record who had to be, as far as the lanes show. */
            covered: components["schemas"]["IntervalAnswer"][];
            /** @description Whether there are duties that the caller may not see. */
            is_partial: boolean;
            lanes: components["schemas"]["LaneAnswer"][];
            /** @description When nobody was of those who had to be. */
            nobody: components["schemas"]["IntervalAnswer"][];
            window?: null | components["schemas"]["IntervalAnswer"];
        };
        /** @description A page of calls. */
        CallsPage: {
            items: components["schemas"]["CallAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all; 10,001 stands for more than 10,000.
             */
            total: number;
        };
        /** @description A case. */
        CaseAnswer: {
            changed_at?: string | null;
            created_at?: string | null;
            description: string;
            id: string;
            number: string;
            /** @description open or closed. */
            state: string;
            title: string;
        };
        /** @description A note on a case. */
        CaseNoteAnswer: {
            at?: string | null;
            by: string;
            id: string;
            text: string;
        };
        /** @description A case that a recording is in. */
        CaseOfRecording: {
            id: string;
            number: string;
            state: string;
            title: string;
        };
        /** @description A case with what is in it. */
        CasePage: components["schemas"]["CaseAnswer"] & {
            created_by: string;
            may_edit: boolean;
            notes: components["schemas"]["CaseNoteAnswer"][];
            people: components["schemas"]["PersonOfCase"][];
            /** @description As far as the caller may see them. */
            recordings: components["schemas"]["RecordingAnswer"][];
        };
        /** @description A page of cases. */
        CasesPage: {
            items: components["schemas"]["CaseAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all; 10,001 stands for more than 10,000.
             */
            total: number;
        };
        /** @description The categories of a recording. */
        Categories: {
            categories: string[];
        };
        /** @description The agency's categories. */
        CategoriesAnswer: {
            items: components["schemas"]["CategoryAnswer"][];
        };
        /** @description How many recordings were categorised. */
        Categorised: {
            recordings: number;
        };
        /** @description A category. */
        CategoryAnswer: {
            id: string;
            /** @description Whether it is no longer given. */
            retired: boolean;
            title: string;
        };
        /** @description What is changed about a case; what is left out stays. */
        Change: {
            description?: string | null;
            /** @description Ids of the people that it names. */
            people?: string[] | null;
            /** @description open or closed. */
            state?: string | null;
            title?: string | null;
        };
        /** @description What is changed of a person; what is left out stays. */
        ChangeBody: {
            display_name?: string | null;
            districts?: string[] | null;
            external_subject?: string | null;
            mail?: string | null;
            officer_id?: string | null;
            roles?: string[] | null;
            /** @description active or disabled. */
            state?: string | null;
        };
        /** @description One's old and new password. */
        ChangePasswordBody: {
            current: string;
            /** @description At least 12 characters. */
            new: string;
        };
        /** @description A clip that was read again. */
        CheckedAnswer: {
            /**
             * Format: int64
             * @description How many entries the checkpoint is over that holds the seal.
             */
            checkpoint_size?: number | null;
            /** @description The digest with which it was sealed. */
            expected: string;
            /** @description The digest of its bytes now; null where they could not be read. */
            found?: string | null;
            id: string;
            /**
             * Format: int64
             * @description The place of its seal in the ledger.
             */
            index?: number | null;
            is_same: boolean;
            name: string;
        };
        /** @description The bytes of one file as received. */
        ClipAnswer: {
            id: string;
            /** @description clip, rejected, key, bookmark, trail or other. */
            kind: string;
            name: string;
            /** @description Lower-case hex; absent until all bytes are here. */
            sha256?: string | null;
            /**
             * Format: int64
             * @description Bytes.
             */
            size?: number | null;
            /** @description receiving, complete, unreadable or disposed. */
            state: string;
        };
        /** @description A code. */
        CodeBody: {
            /** @description Six digits. */
            code: string;
        };
        /** @description A comparison, or how far it is. */
        ComparisonAnswer: {
            created_at?: string | null;
            done_at?: string | null;
            /** @description Why there is none. */
            failure?: string | null;
            id: string;
            /**
             * Format: double
             * @description From 0 to 1.
             */
            progress: number;
            /** @description As in comparison.json: a, b, obligations, changed, milder, graver, outcomes, districts, defects. */
            result?: Record<string, never> | null;
            /** @description waiting, running, done, failed or cancelled. */
            state: string;
        };
        /** @description Comparisons. */
        ComparisonsAnswer: {
            items: components["schemas"]["ComparisonAnswer"][];
        };
        /** @description A proof that one tree is the beginning of another. */
        ConsistencyAnswer: {
            /** Format: int64 */
            from: number;
            /** @description Base64 hashes, as RFC 6962 orders them. */
            proof: string[];
            /** Format: int64 */
            to: number;
        };
        /** @description What was wrong, and what is right. */
        CorrectionAnswer: {
            after?: string | null;
            at?: string | null;
            before?: string | null;
            by: string;
            id: string;
            /** @description officer, camera or accidental. */
            kind: string;
            reason: string;
        };
        /** @description The custody trail, the oldest first. */
        CustodyAnswer: {
            items: components["schemas"]["StepAnswer"][];
        };
        /** @description A decision on an account. */
        DecisionBody: {
            approve: boolean;
            reason: string;
        };
        /** @description The districts. */
        DistrictsAnswer: {
            /** @description By name. */
            items: string[];
            /** @description A GeoJSON feature collection whose features name their `district`; null where none is loaded. */
            outlines?: Record<string, never> | null;
        };
        /** @description Why a camera was off. */
        ExceptionAnswer: {
            approved_by?: string | null;
            citation?: string | null;
            code: string;
            from?: string | null;
            title?: string | null;
            to?: string | null;
        };
        /** @description A reason for which a camera may be off. */
        ExceptionRuleAnswer: {
            citation: string;
            code: string;
            needs_approval: boolean;
            title: string;
        };
        /** @description A job that was given up. */
        FailedJob: {
            failure: string;
            kind: string;
            subject: string;
        };
        /** @description Figures of the audit, under the names of summary.json. */
        FiguresAnswer: {
            /** @description When they were counted; null while they are counted for the first time. */
            computed_at?: string | null;
            /**
             * @description policy, obligations, outcomes, defects, notice, shares, shares_without_grace, by (district, officer, unit,
             *     call_type, month, week, weekday, hour), calls, cannot_say; null while they are counted for the first time.
             */
            figures?: Record<string, never> | null;
            /** @description Whether newer ones are being counted. */
            is_counting: boolean;
        };
        /** @description A browser's answer with a passkey. */
        GotBody: {
            challenge_id: string;
            /** @description What `toJSON` of the browser's answer gives. */
            credential: Record<string, never>;
        };
        /** @description A ban on destruction. */
        HoldAnswer: {
            at?: string | null;
            by: string;
            /** @description The case for which it stands; it goes with the case. */
            case_id?: string | null;
            id: string;
            lifted_at?: string | null;
            lifted_by?: string | null;
            reason: string;
            until?: string | null;
        };
        /** @description How much there is. */
        Holdings: {
            /** Format: int64 */
            bytes: number;
            /** Format: int64 */
            calls: number;
            /** Format: int64 */
            clips: number;
            /** Format: int64 */
            recordings: number;
        };
        /** @description What waits on the caller. A list that is not theirs is null. */
        HomeAnswer: {
            lacking?: null | components["schemas"]["WaitingCalls"];
            /** @description What was not read yet. */
            notifications: components["schemas"]["NotificationAnswer"][];
            to_categorise?: null | components["schemas"]["WaitingRecordings"];
            to_decide?: null | components["schemas"]["WaitingAccounts"];
            to_explain?: null | components["schemas"]["WaitingCalls"];
        };
        /** @description What became of an import. */
        ImportAnswer: {
            id: string;
            /** @description calls, recordings, officers, camera_assignments, exceptions or device_events. */
            kind: string;
            /** @description What whoever brought the file must know. */
            notes: string[];
            /**
             * Format: int64
             * @description How many officers' outcomes are still being decided anew; mostly none.
             */
            outcomes_due: number;
            /** @description What could not be used, by line: the first 1,000. */
            rejects: components["schemas"]["RejectAnswer"][];
            /**
             * Format: int64
             * @description How much could not be used, in all.
             */
            rejects_total: number;
            rows: components["schemas"]["RowsAnswer"];
            /** @description Of the file as received, lower-case hex. */
            sha256: string;
            /**
             * Format: int64
             * @description Bytes of the file as received.
             */
            size: number;
        };
        /** @description A proof that an entry stands in the tree. */
        InclusionAnswer: {
            /** @description The signed note over that root. */
            checkpoint: string;
            /** Format: int64 */
            index: number;
            /** @description Base64 hashes from the leaf to the root. */
            proof: string[];
        };
        /** @description From one instant to another. */
        IntervalAnswer: {
            from?: string | null;
            to?: string | null;
        };
        /** @description A duty of a call. */
        LaneAnswer: {
            accounts: components["schemas"]["AccountAnswer"][];
            exceptions: components["schemas"]["ExceptionAnswer"][];
            may_decide: boolean;
            may_give_account: boolean;
            officer: components["schemas"]["OfficerAnswer"];
            outages: components["schemas"]["OutageAnswer"][];
            outcome: components["schemas"]["OutcomeAnswer"];
            recordings: components["schemas"]["LaneRecordingAnswer"][];
            times: components["schemas"]["TimeAnswer"][];
            unit?: string | null;
        };
        /** @description A recording in a lane. */
        LaneRecordingAnswer: {
            /** @description When the officer switched on. */
            activated?: string | null;
            /**
             * Format: int64
             * @description By how much people moved it.
             */
            alignment_us: number;
            camera_serial?: string | null;
            /** @description From the first frame, moved as people said. */
            from?: string | null;
            /** @description Whether its bytes are here. */
            has_media: boolean;
            /** @description Null where the caller may not see the recording itself. */
            id?: string | null;
            state?: string | null;
            /** @description Null while it runs. */
            to?: string | null;
        };
        /** @description How far the ledger has come. */
        LedgerAnswer: {
            /**
             * Format: int64
             * @description Entries under a checkpoint.
             */
            integrated: number;
            /**
             * Format: int64
             * @description Entries with a place.
             */
            sequenced: number;
        };
        /** @description What was made. */
        Made: {
            id: string;
        };
        /** @description A passkey that a browser made. */
        MadeBody: {
            challenge_id: string;
            /** @description What `toJSON` of the browser's answer gives. */
            credential: Record<string, never>;
            /** @description What the person calls it. */
            name: string;
        };
        /** @description Many recordings, what they are put into, and what they are taken out of. */
        ManyCategories: {
            add?: string[];
            /** @description At most 500. */
            recording_ids: string[];
            remove?: string[];
        };
        /** @description What is known of a clip. */
        MediaAnswer: {
            clip_id: string;
            /** @description What the media tools read: container, duration_us, video, audio. */
            facts?: Record<string, never> | null;
            /** @description Why they could not read it. */
            failure?: string | null;
            /** @description Whether there is a clear copy of what its camera encrypted. */
            has_clear: boolean;
            has_poster: boolean;
            /** @description Whether a GNSS trail came with the recording. */
            has_trail: boolean;
            has_waveform: boolean;
            /** @description original: browsers play the file as it is; proxy: they need the copy; null: nothing plays it. */
            playable?: string | null;
        };
        /** @description People who may be named in a case. */
        NamedAnswer: {
            items: components["schemas"]["PersonOfCase"][];
        };
        /** @description What an officer says of a call. */
        NewAccountBody: {
            /** @description A code of the policy's exceptions, or null for words only. */
            code?: string | null;
            /** @description From when on the camera was off (RFC 3339); the duty's begin where not given. */
            from?: string | null;
            officer_id: string;
            text: string;
            /** @description Until when (RFC 3339); the duty's end where not given. */
            to?: string | null;
        };
        /** @description A new case. */
        NewCase: {
            description?: string | null;
            /** @description As the agency counts. */
            number: string;
            /** @description Ids of the people that it names: they see what is in it. */
            people?: string[] | null;
            title: string;
        };
        /** @description A note on a case. */
        NewCaseNote: {
            text: string;
        };
        /** @description The categories that are given from now on. */
        NewCategories: {
            items: components["schemas"]["NewCategory"][];
        };
        /** @description A category. */
        NewCategory: {
            /** @description 1 to 40 small letters, digits and _. */
            id: string;
            title: string;
        };
        /** @description A policy that is tried. */
        NewComparison: {
            /** @description The text of a policy file, or the name of a shipped policy. */
            policy: string;
        };
        /** @description What was wrong about a recording. */
        NewCorrection: {
            /** @description Of kind camera: which camera made it. */
            camera_serial?: string | null;
            /** @description officer, camera or accidental. */
            kind: string;
            /** @description Of kind officer: whose it is. */
            officer_id?: string | null;
            reason: string;
        };
        /** @description A hold. */
        NewHold: {
            reason: string;
            /** @description When it ends by itself (RFC 3339). */
            until?: string | null;
        };
        /** @description A marker. */
        NewMarker: {
            /**
             * Format: int64
             * @description Microseconds after the first frame.
             */
            at_us: number;
            text: string;
        };
        /** @description A note. */
        NewNote: {
            text: string;
        };
        /** @description A new person. */
        NewPersonBody: {
            display_name?: string;
            /** @description Empty for all of them. */
            districts?: string[];
            /** @description How the identity provider names them. */
            external_subject?: string | null;
            mail?: string | null;
            /** @description What they sign in with: letters, digits and . - _ @ + */
            name: string;
            officer_id?: string | null;
            roles: string[];
        };
        /** @description A search to be kept. */
        NewSearch: {
            /** @description evidence, calls, audit or cases. */
            page: string;
            /** @description The query of the page's address. */
            query: string;
            title: string;
        };
        /** @description A token with its text. */
        NewTokenAnswer: {
            id: string;
            /** @description Shown now and never again. */
            token: string;
        };
        /** @description A new token. */
        NewTokenBody: {
            /** @description What people call it. */
            name: string;
            /** @description intake, reader or admin. */
            role: string;
        };
        /** @description A note, or a marker. */
        NoteAnswer: {
            at?: string | null;
            /**
             * Format: int64
             * @description Of a marker: microseconds after the first frame.
             */
            at_us?: number | null;
            by: string;
            id: string;
            text: string;
        };
        /** @description Something that the caller should know. */
        NotificationAnswer: {
            at?: string | null;
            id: string;
            /** @description account_pending or account_decided. */
            kind: string;
            read_at?: string | null;
            /** @description The page that it is about, such as /calls/ID. */
            subject: string;
            text: string;
        };
        /** @description Notifications. */
        NotificationsAnswer: {
            items: components["schemas"]["NotificationAnswer"][];
        };
        /**
         * Format: binary
         * @description Bytes as they are.
         */
        Octets: string;
        /** @description An officer. */
        OfficerAnswer: {
            badge?: string | null;
            district?: string | null;
            id: string;
            name?: string | null;
        };
        /** @description Officers. */
        OfficersAnswer: {
            items: components["schemas"]["OfficerAnswer"][];
        };
        /** @description When a camera could not record. */
        OutageAnswer: {
            camera_serial: string;
            /** @description battery_depleted, storage_full or fault. */
            event: string;
            from?: string | null;
            to?: string | null;
        };
        /**
         * @description An outcome, from data alone; it is not a finding. The columns are those of outcomes.csv, null where empty. Times are
         *     RFC 3339, UTC.
         */
        OutcomeAnswer: {
            begin?: string | null;
            call_id: string;
            citation?: string | null;
            /** @description When it was decided to be so. Deciding anew with the same result does not change it. */
            computed_at?: string | null;
            /** Format: double */
            covered_s?: number | null;
            /** @description Each with kind, from and to. */
            defects?: Record<string, never>[] | null;
            end?: string | null;
            /** Format: double */
            excused_s?: number | null;
            in_grace?: boolean | null;
            /**
             * Format: int64
             * @description The line in the file with which the call was first imported.
             */
            line: number;
            notice?: string | null;
            officer_id: string;
            outcome: string;
            /** @description The policy that it was decided under. */
            policy: string;
            policy_version: string;
            reason?: string | null;
            /** @description Ids as in the imported recordings; those of recordings taken in here are their own. */
            recordings?: string[] | null;
            /** Format: double */
            uncovered_s?: number | null;
        };
        /** @description A page of outcomes, in the order in which the calls were imported. */
        OutcomesPage: {
            items: components["schemas"]["OutcomeAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
        };
        /** @description A passkey. Times are RFC 3339, UTC. */
        PasskeyAnswer: {
            created_at: string;
            id: string;
            name: string;
            used_at?: string | null;
        };
        /** @description One's own passkeys. */
        PasskeysAnswer: {
            items: components["schemas"]["PasskeyAnswer"][];
        };
        /** @description A password. */
        PasswordBody: {
            password: string;
        };
        /** @description A page of people. */
        PeoplePage: {
            items: components["schemas"]["PersonAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description 10,001 stands for more than 10,000.
             */
            total: number;
        };
        /** @description A person. Times are RFC 3339, UTC. */
        PersonAnswer: {
            changed_at: string;
            created_at: string;
            display_name: string;
            /** @description Empty for all of them. */
            districts: string[];
            /** @description How the identity provider names them. */
            external_subject?: string | null;
            has_password: boolean;
            has_second_factor: boolean;
            id: string;
            mail?: string | null;
            must_change_password: boolean;
            /** @description What they sign in with. */
            name: string;
            officer_id?: string | null;
            roles: string[];
            signed_in_at?: string | null;
            /** @description active or disabled. */
            state: string;
        };
        /** @description Somebody whom a case names. */
        PersonOfCase: {
            id: string;
            name: string;
        };
        /** @description Who signed in. */
        PersonShown: {
            display_name: string;
            /** @description Empty for all of them. */
            districts: string[];
            id: string;
            name: string;
            officer_id?: string | null;
            roles: string[];
        };
        /** @description A place at an instant. */
        PointAnswer: {
            at?: string | null;
            /**
             * Format: double
             * @description Degrees north.
             */
            lat: number;
            /**
             * Format: double
             * @description Degrees east.
             */
            lon: number;
        };
        /** @description The policy in force. */
        PolicyAnswer: {
            /** @description Why a camera may be off. */
            exceptions: components["schemas"]["ExceptionRuleAnswer"][];
            /** @description In plain English, every rule with its citation. */
            explanation: string;
            id: string;
            jurisdiction?: string | null;
            /** @description Policies that are shipped. */
            packs: string[];
            title: string;
            version: string;
        };
        /** @description A problem, as it is answered. */
        Problem: {
            /** @description What happened here, and what to do. */
            detail: string;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The kind in a few words. */
            title: string;
            /** @description A stable name of the kind of problem. */
            type: string;
        };
        /** @description A receipt, as ledger.md says. */
        ReceiptAnswer: {
            /** @description The signed note that the proof leads to. */
            checkpoint?: string | null;
            clip_id: string;
            /** @description The exact canonical text of the ledger entry. */
            entry: string;
            /**
             * Format: int64
             * @description The entry's place in the tree; absent until it is sequenced.
             */
            index?: number | null;
            /** @description Base64 hashes from the leaf to the root. */
            proof?: string[] | null;
            recording_id: string;
            /** @description Base64. */
            salt: string;
            /** @description Lower-case hex. */
            sha256: string;
            /**
             * Format: int64
             * @description Bytes.
             */
            size: number;
        };
        /** @description A recording. Times are RFC 3339, UTC. */
        RecordingAnswer: {
            activated_at?: string | null;
            /**
             * Format: int64
             * @description By how much people moved its clock, in microseconds.
             */
            alignment_us: number;
            /** @description Keys, bookmarks, trails and whatever else came with it. */
            attachments: components["schemas"]["ClipAnswer"][];
            camera_serial?: string | null;
            categories: string[];
            /** @description Sound and picture. */
            clips: components["schemas"]["ClipAnswer"][];
            /**
             * Format: int64
             * @description The camera's clock minus the server's at docking, in microseconds.
             */
            clock_offset_us?: number | null;
            district?: string | null;
            id: string;
            officer?: null | components["schemas"]["OfficerAnswer"];
            officer_id?: string | null;
            /** @description juvenile, sexual_assault, undercover or internal_affairs; null where it is in no restricted class. */
            restricted?: string | null;
            /**
             * Format: int64
             * @description Bytes of its clips.
             */
            size: number;
            started_at?: string | null;
            /** @description receiving, complete, unreadable, external or disposed. */
            state: string;
            stopped_at?: string | null;
            timezone?: string | null;
        };
        /** @description A recording with everything that its page shows. */
        RecordingPage: components["schemas"]["RecordingAnswer"] & {
            /** @description The calls of which it shows something. */
            calls: components["schemas"]["CallOfRecording"][];
            cases: components["schemas"]["CaseOfRecording"][];
            /**
             * Format: int64
             * @description By how much its times may be wrong, in microseconds; null where the camera's clock was never measured.
             */
            clock_uncertainty_us?: number | null;
            corrections: components["schemas"]["CorrectionAnswer"][];
            holds: components["schemas"]["HoldAnswer"][];
            markers: components["schemas"]["NoteAnswer"][];
            /** @description What the caller may do with it: view, play, download, categorise, correct, restrict, hold, annotate. */
            may: string[];
            media: components["schemas"]["MediaAnswer"][];
            notes: components["schemas"]["NoteAnswer"][];
            title: string;
        };
        /** @description Recordings that are put into a case. */
        Recordings: {
            recording_ids: string[];
        };
        /** @description A page of recordings. */
        RecordingsPage: {
            items: components["schemas"]["RecordingAnswer"][];
            /** @description Where the next page begins; absent on the last one. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all; 10,001 stands for more than 10,000.
             */
            total: number;
        };
        /** @description What became of the records of a file. */
        RecordsAnswer: {
            id: string;
            /**
             * Format: int64
             * @description Recordings that were linked, in all.
             */
            linked: number;
            /** @description Rows that cannot be used: the first 1,000. */
            rejects: components["schemas"]["RejectAnswer"][];
            rows: components["schemas"]["RowsAnswer"];
            /**
             * Format: int64
             * @description New records that fit no recording.
             */
            unlinked: number;
        };
        /** @description A row or a value that could not be used. */
        RejectAnswer: {
            /** @description Empty where the row as a whole does not fit. */
            column: string;
            /**
             * Format: int64
             * @description The line on which the row begins; the header is line 1.
             */
            line: number;
            reason: string;
            /** @description row: the row is not used; value: the value is treated as absent. */
            what: string;
        };
        /** @description A restricted class, or none. */
        Restriction: {
            /** @description juvenile, sexual_assault, undercover, internal_affairs, or null. */
            class?: string | null;
            reason: string;
        };
        /** @description Rows of an import: read = accepted + rejected + duplicates. */
        RowsAnswer: {
            /**
             * Format: int64
             * @description New rows that the audit uses.
             */
            accepted: number;
            /**
             * Format: int64
             * @description Rows that stood earlier, in this file or in another.
             */
            duplicates: number;
            /** Format: int64 */
            read: number;
            /**
             * Format: int64
             * @description New rows that it does not use.
             */
            rejected: number;
        };
        /** @description A search that the caller keeps. */
        SavedSearchAnswer: {
            at?: string | null;
            id: string;
            /** @description evidence, calls, audit or cases. */
            page: string;
            /** @description The query of the page's address. */
            query: string;
            title: string;
        };
        /** @description Saved searches. */
        SavedSearchesAnswer: {
            items: components["schemas"]["SavedSearchAnswer"][];
        };
        /** @description A session. */
        SessionAnswer: {
            /** @description What requests that change something must bear as X-CSRF-Token. */
            csrf_token: string;
            /** @description When it ends, used or not. RFC 3339, UTC. */
            ends_at: string;
            has_password: boolean;
            has_second_factor: boolean;
            /**
             * Format: int64
             * @description After so long without a request the session is locked.
             */
            idle_seconds: number;
            /** @description The actions that are allowed on anything at all. */
            may: string[];
            /** @description `password`, `passkey` or `oidc`. */
            method: string;
            /** @description Whether another password must be chosen before anything else. */
            must_change_password: boolean;
            /** @description Whether a second factor must be set up before anything else. */
            must_set_second_factor: boolean;
            person: components["schemas"]["PersonShown"];
        };
        /** @description Who signs in. */
        SignInBody: {
            /** @description The six digits of the second factor, once the answer was `urn:onrecord:code-needed`. */
            code?: string | null;
            /** @description The sign-in name; capitals do not count. */
            name: string;
            password: string;
        };
        /** @description A step of the custody trail. */
        StepAnswer: {
            /** @description Who did it, by name. */
            actor: string;
            at?: string | null;
            /**
             * Format: int64
             * @description The entry's place in the ledger; null until it has one.
             */
            index?: number | null;
            /** @description The kind of the ledger entry. */
            kind: string;
            /** @description What happened, in plain words. */
            sentence: string;
        };
        /** @description A time of a duty. */
        TimeAnswer: {
            /** @description Null where the text cannot be read as a time. */
            at?: string | null;
            /** @description received_at, dispatched_at, en_route_at, on_scene_at, left_scene_at or cleared_at. */
            name: string;
            /** @description As it came. */
            text: string;
        };
        /** @description A token; its text was shown when it was made. Times are RFC 3339, UTC. */
        TokenAnswer: {
            created_at: string;
            id: string;
            name: string;
            /** @description Absent where it is in use. */
            revoked_at?: string | null;
            /** @description intake, reader or admin. */
            role: string;
        };
        /** @description Every token. */
        TokensAnswer: {
            items: components["schemas"]["TokenAnswer"][];
        };
        /** @description What an authenticator is told once. */
        TotpAnswer: {
            /** @description In base 32, to be typed in. */
            secret: string;
            /** @description `otpauth://…`, to be shown as a picture. */
            uri: string;
        };
        /** @description Where the camera was. */
        TrailAnswer: {
            items: components["schemas"]["PointAnswer"][];
        };
        /** @description An upload in words. */
        UploadAnswer: {
            clip_id: string;
            id: string;
            /**
             * Format: int64
             * @description Bytes in all, where known.
             */
            length?: number | null;
            /**
             * Format: int64
             * @description Bytes that are durable.
             */
            offset: number;
            /** @description open or done. */
            state: string;
        };
        /** @description What reading the bytes again came to. */
        VerifiedAnswer: {
            clips: components["schemas"]["CheckedAnswer"][];
            verified_at?: string | null;
        };
        /** @description Accounts that wait. */
        WaitingAccounts: {
            items: components["schemas"]["AccountAnswer"][];
            /** Format: int64 */
            total: number;
        };
        /** @description Calls that wait. */
        WaitingCalls: {
            items: components["schemas"]["CallAnswer"][];
            /** Format: int64 */
            total: number;
        };
        /** @description Recordings that wait: how many in all (10,001 stands for more than 10,000), and the first of them. */
        WaitingRecordings: {
            items: components["schemas"]["RecordingAnswer"][];
            /** Format: int64 */
            total: number;
        };
        /** @description A person with the password that is shown once. */
        WithPassword: {
            /** @description To be changed at the next sign-in; shown now and never again. */
            password: string;
            person: components["schemas"]["PersonAnswer"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
