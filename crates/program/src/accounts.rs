//! An officer's account of a call without video, and the decision on it. An account with a code of the policy becomes a
//! row of exceptions, which the audit takes as it takes those of files: it never makes an outcome worse. Where the
//! policy wants approval it counts as pending until somebody else than the officer has approved it.

use std::sync::Arc;

use onrecord_ledger::Kind;
use onrecord_policy::Moment;
use onrecord_store::accounts::{self, Account, AccountFilter};
use onrecord_store::desk::Notification;
use onrecord_store::imports::{self, NewRow};
use onrecord_store::outcomes::Outcome;
use onrecord_store::search::Found;
use onrecord_store::{Tx, actors, commit, jobs, outcomes};
use serde_json::json;

use crate::calls::resource_of;
use crate::custody::Event;
use crate::evidence::text_of;
use crate::jobs::UPDATE_OUTCOMES;
use crate::outcomes::rows;
use crate::{Action, Principal, Program, ProgramError, Resource};

/// What an officer says of a call.
#[derive(Debug, Clone, Default)]
pub struct NewAccount {
    /// Whose duty it is about.
    pub officer_id: String,
    /// The policy's code; none where it is in words only.
    pub code: Option<String>,
    /// From when on the camera was off; the duty's begin where not given.
    pub from: Option<i64>,
    /// Until when; the duty's end where not given.
    pub to: Option<i64>,
    /// In the officer's words.
    pub text: String,
}

impl Program {
    /// Takes an officer's account of a call.
    ///
    /// # Errors
    /// Where there is no such duty that the caller may know of, where it is not theirs to explain, or where the policy has
    /// no such code.
    pub async fn give_account(
        self: &Arc<Self>,
        who: &Principal,
        call: &str,
        said: NewAccount,
    ) -> Result<Account, ProgramError> {
        self.may_write()?;
        let (_, duties, _) = self.visible_duties(who, call).await?;
        let of_officer: Vec<&Outcome> =
            duties.iter().filter(|duty| duty.officer_id == said.officer_id).collect();
        let duty = of_officer.iter().max_by_key(|duty| crate::search::gravity(&duty.outcome));
        let Some(duty) = duty else {
            return Err(ProgramError::NotFound { what: "duty of the officer", id: said.officer_id });
        };
        who.permit(Action::GiveAccount, &resource_of(duty)).map_err(|refusal| refusal.of("call", call))?;
        let state = self.state_of(said.code.as_deref()).await?;
        let (from, to) = times(&said, duty)?;
        let account = Account {
            id: self.world.id().to_string(),
            call_id: call.to_owned(),
            officer_id: duty.officer_id.clone(),
            district: duty.district.clone(),
            code: said.code,
            from,
            to,
            text: text_of("text", &said.text)?,
            state: state.to_owned(),
            actor: who.actor(),
            created_at: self.world.now(),
            decided_by: None,
            decided_at: None,
            reason: None,
        };
        let mut tx = self.store.begin().await?;
        accounts::add(&mut tx, &account).await?;
        self.write_exception(&mut tx, &account, None).await?;
        self.record_account(&mut tx, who, &account, "account given").await?;
        if account.state == "pending" {
            let people = actors::with_role(&self.store, "supervisor", &account.district).await?;
            self.notify(&mut tx, &people, "account_pending", &account, "An account waits for your decision.")
                .await?;
        }
        self.audit_follows(tx).await?;
        Ok(account)
    }

    /// What an account with this code begins as.
    async fn state_of(&self, code: Option<&str>) -> Result<&'static str, ProgramError> {
        let Some(code) = code else { return Ok("noted") };
        let policy = self.audit_policy().await?;
        match policy.exceptions.iter().find(|rule| rule.code == code) {
            Some(rule) if rule.needs_approval => Ok("pending"),
            Some(_) => Ok("accepted"),
            None => {
                let codes: Vec<&str> = policy.exceptions.iter().map(|rule| rule.code.as_str()).collect();
                Err(ProgramError::Refused(format!(
                    "The policy knows no exception {}; it knows {}. Leave the code out to explain in words only.",
                    code.chars().take(80).collect::<String>(),
                    codes.join(", ")
                )))
            }
        }
    }

    /// Decides on an account that waits.
    ///
    /// # Errors
    /// Where there is none that the caller may know of, where it is not theirs to decide on, or where it was decided
    /// already.
    pub async fn decide_account(
        self: &Arc<Self>,
        who: &Principal,
        id: &str,
        approve: bool,
        reason: &str,
    ) -> Result<Account, ProgramError> {
        self.may_write()?;
        let missing = || ProgramError::NotFound { what: "account", id: id.chars().take(80).collect() };
        let account = accounts::get(&self.store, id).await?.ok_or_else(missing)?;
        let resource = Resource {
            officer_id: Some(account.officer_id.clone()),
            district: Some(account.district.clone()),
            ..Resource::default()
        };
        who.permit(Action::ApproveException, &resource).map_err(|refusal| refusal.of("account", id))?;
        if account.actor == who.actor() {
            return Err(ProgramError::Forbidden(
                "Somebody else than who wrote an account decides on it.".to_owned(),
            ));
        }
        let reason = text_of("reason", reason)?;
        let state = if approve { "approved" } else { "rejected" };
        let mut tx = self.store.begin().await?;
        if !accounts::decide(&mut tx, id, state, &who.actor(), &reason, self.world.now()).await? {
            return Err(ProgramError::Conflict("This account was decided on already.".to_owned()));
        }
        if approve {
            self.write_exception(&mut tx, &account, Some(&who.actor())).await?;
        } else {
            outcomes::mark_related(&mut tx, Some(&account.officer_id), None).await?;
            imports::take_back(&mut tx, &own_id(&account.id)).await?;
        }
        self.record_account(&mut tx, who, &account, state).await?;
        let people = actors::people_of_officer(&self.store, &account.officer_id).await?;
        let text = format!("Your account of a call was {state}.");
        self.notify(&mut tx, &people, "account_decided", &account, &text).await?;
        self.audit_follows(tx).await?;
        accounts::get(&self.store, id).await?.ok_or_else(missing)
    }

    /// Lists accounts: those that the caller may decide on where they wait, otherwise those whose calls they may see.
    ///
    /// # Errors
    /// Where the caller may see none, or where the database cannot.
    pub async fn list_accounts(
        &self,
        who: &Principal,
        filter: &AccountFilter,
    ) -> Result<Found<Account>, ProgramError> {
        let decides = filter.state.as_deref() == Some("pending") && who.may(Action::ApproveException);
        let action = if decides { Action::ApproveException } else { Action::ViewCall };
        let sight = who.sight(action);
        if sight.is_nothing() {
            return Err(ProgramError::NotFound { what: "accounts", id: String::new() });
        }
        Ok(accounts::list(&self.store, filter, &sight).await?)
    }

    /// Writes an account as a row of exceptions, where it has a code.
    async fn write_exception(
        &self,
        tx: &mut Tx,
        account: &Account,
        approved_by: Option<&str>,
    ) -> Result<(), ProgramError> {
        let Some(code) = &account.code else { return Ok(()) };
        let (from, to) = (Moment(account.from).to_string(), Moment(account.to).to_string());
        let values = [
            ("officer_id", Some(account.officer_id.as_str())),
            ("call_id", Some(account.call_id.as_str())),
            ("from", Some(from.as_str())),
            ("to", Some(to.as_str())),
            ("code", Some(code.as_str())),
            ("approved_by", approved_by),
        ];
        let own = own_id(&account.id);
        let row = NewRow {
            // Equal rows of an import are the import's: this one is told apart by what it stands for.
            content: own.clone().into_bytes(),
            data: rows::json(values.iter().filter_map(|(column, value)| Some((*column, (*value)?)))),
            officer_id: Some(account.officer_id.clone()),
            call_id: Some(account.call_id.clone()),
            from_at: Some(account.from),
            to_at: Some(account.to),
            accepted: true,
            ..NewRow::default()
        };
        imports::write_here(tx, "exceptions", &own, &row).await?;
        Ok(())
    }

    async fn record_account(
        &self,
        tx: &mut Tx,
        who: &Principal,
        account: &Account,
        reason: &str,
    ) -> Result<(), ProgramError> {
        let facts = json!({
            "call_id": account.call_id, "officer_id": account.officer_id, "code": account.code,
            "from": account.from, "to": account.to, "text": account.text,
        });
        let event = Event::new(Kind::Annotated, &account.id, &who.actor(), reason)
            .with([("what", "account".into()), ("said", facts)]);
        self.record(tx, event).await?;
        Ok(())
    }

    /// Tells people something about an account; never evidence.
    async fn notify(
        &self,
        tx: &mut Tx,
        people: &[String],
        kind: &str,
        account: &Account,
        text: &str,
    ) -> Result<(), ProgramError> {
        let new = |person: &str| Notification {
            id: self.world.id().to_string(),
            person_id: person.to_owned(),
            kind: kind.to_owned(),
            subject: format!("/calls/{}", account.call_id),
            text: text.to_owned(),
            created_at: self.world.now(),
            read_at: None,
        };
        self.tell(tx, people, new).await
    }

    async fn audit_follows(&self, mut tx: Tx) -> Result<(), ProgramError> {
        jobs::add(&mut tx, UPDATE_OUTCOMES, "all", self.world.now()).await?;
        commit(tx).await?;
        self.live.bell.notify_waiters();
        Ok(())
    }
}

/// What an account stands under among the audit's rows.
fn own_id(account: &str) -> String {
    format!("account {account}")
}

fn times(said: &NewAccount, duty: &Outcome) -> Result<(i64, i64), ProgramError> {
    let times = said.from.or(duty.begin_at).zip(said.to.or(duty.end_at));
    match times {
        Some((from, to)) if from < to => Ok((from, to)),
        Some(_) => Err(ProgramError::Refused("The account ends before it begins.".to_owned())),
        None => Err(ProgramError::Refused(
            "The call's own times are not known; say from when to when the camera was off.".to_owned(),
        )),
    }
}
