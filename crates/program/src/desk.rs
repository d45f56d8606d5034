//! What waits on somebody, what they were told, the searches that they keep, and how the installation is.

use onrecord_store::accounts::{self, Account, AccountFilter};
use onrecord_store::calls::{self, Call, CallFilter};
use onrecord_store::desk::{self, Notification, SavedSearch};
use onrecord_store::officers::{self, Officer};
use onrecord_store::recordings::{self, Filter, Sort};
use onrecord_store::search::{Found, fact};
use onrecord_store::{commit, jobs, outcomes, settings};
use serde_json::Value;

use crate::evidence::text_of;
use crate::recordings::Shown;
use crate::{Action, Principal, Program, ProgramError, Resource, Rights};

/// How many rows of each list stand on the first page.
const FIRST: u32 = 8;
/// How long something waits before it is no longer shown on the first page: 30 days, in microseconds.
const LATELY: i64 = 30 * 86_400 * 1_000_000;
/// The setting that holds the outlines of districts.
const OUTLINES: &str = "agency.outlines";
/// The setting that stands where an operator has confirmed a copy of the keys.
const KEYS_COPIED: &str = "keys.copied_at";

/// What waits on somebody.
#[derive(Debug, Clone)]
pub struct Home {
    /// An officer's own recordings in no category.
    pub to_categorise: Option<Found<Shown>>,
    /// An officer's own calls of the last days that lack video.
    pub to_explain: Option<Found<Call>>,
    /// Accounts that wait for a decision.
    pub to_decide: Option<Found<Account>>,
    /// Calls of the last days, the one that lacks most first.
    pub lacking: Option<Found<Call>>,
    /// What was not read yet.
    pub unread: Vec<Notification>,
}

/// How the installation is.
#[derive(Debug, Clone)]
pub struct Health {
    /// Jobs that wait.
    pub jobs_waiting: i64,
    /// Jobs that were given up: kind, subject and why.
    pub jobs_failed: Vec<(String, String, String)>,
    /// Ledger entries with a place, and under a checkpoint.
    pub ledger: (u64, u64),
    /// Whether an operator has confirmed a copy of the keys.
    pub keys_copied: bool,
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// Recordings, sealed clips, their bytes, calls.
    pub holdings: [i64; 4],
    /// Officers whose outcomes are being decided anew.
    pub outcomes_due: i64,
    /// Whether media tools are there.
    pub has_media: bool,
}

impl Program {
    /// What waits on somebody.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn home(&self, who: &Principal) -> Result<Home, ProgramError> {
        let now = self.world.now();
        let officer = match &who.rights {
            Rights::Person(person) => person.officer_id.clone(),
            Rights::Token(_) => None,
        };
        let (mut to_categorise, mut to_explain) = (None, None);
        if let Some(officer) = officer {
            let filter = Filter {
                officer: Some(officer.clone()),
                uncategorised: true,
                from: Some(now - LATELY),
                sort: Sort::LastStarted,
                limit: FIRST,
                ..Filter::default()
            };
            let found = recordings::list(&self.store, &filter, &who.sight(Action::Categorise)).await?;
            to_categorise = Some(Found { items: self.shown(found.items).await?, total: found.total });
            let filter = CallFilter {
                words: vec![fact("lacking", &officer)],
                words_are_rare: true,
                limit: FIRST,
                ..CallFilter::default()
            };
            to_explain = Some(calls::list(&self.store, &filter, &who.sight(Action::GiveAccount)).await?);
        }
        let mut to_decide = None;
        if who.may(Action::ApproveException) {
            let filter =
                AccountFilter { state: Some("pending".to_owned()), limit: FIRST, ..AccountFilter::default() };
            to_decide =
                Some(accounts::list(&self.store, &filter, &who.sight(Action::ApproveException)).await?);
        }
        let mut lacking = None;
        if who.may(Action::ViewAudit) {
            let filter =
                CallFilter { words: vec![fact("outcome", "missing")], limit: FIRST, ..CallFilter::default() };
            lacking = Some(calls::list(&self.store, &filter, &who.sight(Action::ViewCall)).await?);
        }
        let mut unread = desk::notifications(&self.store, &who.id).await?;
        unread.retain(|it| it.read_at.is_none());
        Ok(Home { to_categorise, to_explain, to_decide, lacking, unread })
    }

    /// What somebody was told, the newest first.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn notifications(&self, who: &Principal) -> Result<Vec<Notification>, ProgramError> {
        Ok(desk::notifications(&self.store, &who.id).await?)
    }

    /// Somebody has read what they were told.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn read_notification(&self, who: &Principal, id: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        if !desk::read(&mut tx, &who.id, id, self.world.now()).await? {
            return Err(ProgramError::NotFound { what: "notification", id: id.chars().take(80).collect() });
        }
        commit(tx).await?;
        Ok(())
    }

    /// The searches that somebody keeps.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn saved_searches(&self, who: &Principal) -> Result<Vec<SavedSearch>, ProgramError> {
        Ok(desk::saved(&self.store, &who.id).await?)
    }

    /// Keeps a search; answers its id.
    ///
    /// # Errors
    /// Where it has no title, or where its page is none.
    pub async fn save_search(
        &self,
        who: &Principal,
        title: &str,
        page: &str,
        query: &str,
    ) -> Result<String, ProgramError> {
        let pages = ["evidence", "calls", "audit", "cases"];
        if !pages.contains(&page) || query.len() > 2_000 {
            return Err(ProgramError::Refused(format!(
                "A search is of one of the pages {}, and its query has at most 2,000 characters.",
                pages.join(", ")
            )));
        }
        let search = SavedSearch {
            id: self.world.id().to_string(),
            title: text_of("title", title)?,
            page: page.to_owned(),
            query: query.to_owned(),
            created_at: self.world.now(),
        };
        let mut tx = self.store.begin().await?;
        desk::save(&mut tx, &who.id, &search).await?;
        commit(tx).await?;
        Ok(search.id)
    }

    /// Forgets a search.
    ///
    /// # Errors
    /// Where it is not theirs.
    pub async fn forget_search(&self, who: &Principal, id: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        if !desk::forget(&mut tx, &who.id, id).await? {
            return Err(ProgramError::NotFound { what: "saved search", id: id.chars().take(80).collect() });
        }
        commit(tx).await?;
        Ok(())
    }

    /// Officers whose id, name or badge begins with a text, for whoever may see recordings or calls of others.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn find_officers(&self, who: &Principal, text: &str) -> Result<Vec<Officer>, ProgramError> {
        let mut found = officers::find(&self.store, text, 200).await?;
        let seen = |officer: &Officer| {
            let resource = Resource {
                officer_id: Some(officer.officer_id.clone()),
                district: Some(officer.district.clone()),
                ..Resource::default()
            };
            [Action::View, Action::ViewCall].iter().any(|action| who.permit(*action, &resource).is_ok())
        };
        found.retain(seen);
        found.truncate(50);
        Ok(found)
    }

    /// The districts by name, and their outlines (GeoJSON) where they are loaded.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn districts(&self) -> Result<(Vec<String>, Option<Value>), ProgramError> {
        let outlines = settings::get(&self.store, OUTLINES).await?;
        let outlines = outlines.and_then(|text| serde_json::from_str(&text).ok());
        Ok((officers::districts(&self.store).await?, outlines))
    }

    /// Loads the outlines of districts: a GeoJSON feature collection whose features name their `district`.
    ///
    /// # Errors
    /// Where the caller may not, or where it is none.
    pub async fn load_outlines(&self, who: &Principal, outlines: &Value) -> Result<(), ProgramError> {
        self.may_write()?;
        who.permit(Action::ManageAgency, &Resource::agency())
            .map_err(|refusal| ProgramError::Forbidden(refusal.rule))?;
        check_outlines(outlines)?;
        let mut tx = self.store.begin().await?;
        settings::set(&mut tx, OUTLINES, &outlines.to_string()).await?;
        let event = crate::custody::Event::new(
            onrecord_ledger::Kind::AccessChanged,
            "districts",
            &who.actor(),
            "outlines of districts loaded",
        );
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        Ok(())
    }

    /// How the installation is.
    ///
    /// # Errors
    /// Where the caller may not see it.
    pub async fn health(&self, who: &Principal) -> Result<Health, ProgramError> {
        who.permit(Action::ViewAdministration, &Resource::agency())
            .map_err(|refusal| ProgramError::Forbidden(refusal.rule))?;
        let tree = self.tree_state().await?;
        Ok(Health {
            jobs_waiting: jobs::counts(&self.store).await?.0,
            jobs_failed: desk::failed_jobs(&self.store).await?,
            ledger: (tree.sequenced, tree.integrated),
            keys_copied: settings::get(&self.store, KEYS_COPIED).await?.is_some(),
            database: match self.store.dialect() {
                onrecord_store::Dialect::Sqlite => "sqlite",
                onrecord_store::Dialect::Postgres => "postgres",
            },
            holdings: desk::holdings(&self.store).await?,
            outcomes_due: outcomes::count_due(&self.store).await?,
            has_media: self.media.is_some(),
        })
    }
}

fn check_outlines(outlines: &Value) -> Result<(), ProgramError> {
    let features = outlines.get("features").and_then(Value::as_array);
    let is_collection = outlines.get("type").and_then(Value::as_str) == Some("FeatureCollection");
    let Some(features) = features.filter(|_| is_collection) else {
        return Err(ProgramError::Refused(
            "Outlines are a GeoJSON FeatureCollection; this is none.".to_owned(),
        ));
    };
    for (at, feature) in features.iter().enumerate() {
        let kind = feature.pointer("/geometry/type").and_then(Value::as_str);
        let district = feature.pointer("/properties/district").and_then(Value::as_str);
        if !matches!(kind, Some("Polygon" | "MultiPolygon")) || district.is_none() {
            return Err(ProgramError::Refused(format!(
                "The feature {} is no Polygon or MultiPolygon with a text in properties.district.",
                at + 1
            )));
        }
    }
    Ok(())
}
