//! Mail about what waits on a person: that something does, never what. Mail goes through machines that are not the
//! agency's and stays in boxes for ever, so that it holds sentences without names, calls, places or evidence, and one
//! address: that of the sign-in.
//!
//! What somebody is told within a while goes into one mail, sent by a job. What they have read meanwhile does not go out.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use onrecord_store::desk::{self, Notification};
use onrecord_store::{Tx, commit, jobs, people};

use crate::jobs::MAIL;
use crate::{Program, ProgramError};

/// How long the mail server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS; without it no mail is sent.
    StartTls,
    /// None: for a mail server on this machine.
    None,
}

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The mail server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// What we sign in with there: user and password.
    pub credentials: Option<(String, String)>,
    /// Who the mail comes from: an address.
    pub from: String,
    /// What the agency is called.
    pub agency: String,
    /// Where people sign in.
    pub url: Option<String>,
    /// How long what somebody is told waits for more of it, in microseconds.
    pub wait: i64,
}

/// Sends mail.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    agency: String,
    url: Option<String>,
    wait: i64,
}

impl Mail {
    /// Makes ready; connects to nothing yet.
    ///
    /// # Errors
    /// A sentence where the sender's address is none, or where TLS cannot be used.
    pub fn new(config: MailConfig) -> Result<Self, String> {
        let from: Address =
            config.from.parse().map_err(|error| format!("{} is no mail address: {error}", config.from))?;
        let builder = match config.protection {
            Protection::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(&config.host),
            Protection::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(&config.host),
            Protection::None => Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)),
        };
        let builder = builder.map_err(|error| format!("TLS to {} cannot be used: {error}", config.host))?;
        let builder = builder.port(config.port).timeout(Some(PATIENCE));
        let transport = match config.credentials {
            Some((user, password)) => builder.credentials(Credentials::new(user, password)),
            None => builder,
        };
        Ok(Self {
            transport: transport.build(),
            from: Mailbox::new(Some(config.agency.clone()), from),
            agency: config.agency,
            url: config.url,
            wait: config.wait,
        })
    }

    async fn send(&self, to: &str, told: &[Notification]) -> Result<(), String> {
        let to: Address = to.parse().map_err(|error| format!("their mail address is none: {error}"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject(&self.agency, told.len()))
            .header(ContentType::TEXT_PLAIN)
            .body(body(self.url.as_deref(), told))
            .map_err(|error| format!("the mail cannot be written: {error}"))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| format!("the mail server: {error}"))
    }
}

fn subject(agency: &str, count: usize) -> String {
    match count {
        1 => format!("{agency}: something waits for you in Onrecord"),
        more => format!("{agency}: {more} things wait for you in Onrecord"),
    }
}

fn body(url: Option<&str>, told: &[Notification]) -> String {
    let lines: Vec<String> = told.iter().map(|one| format!("- {}", one.text)).collect();
    let address = url.map_or_else(|| ".".to_owned(), |url| format!(": {url}/"));
    let end = "This mail holds no evidence and names nobody, on purpose. Nobody reads answers to it.";
    format!("{}\n\nSign in to see what it is about{address}\n\n{end}\n", lines.join("\n"))
}

impl Program {
    /// Tells people something: on their Home, and by mail where it is configured. `new` makes what each is told.
    pub(crate) async fn tell(
        &self,
        tx: &mut Tx,
        people: &[String],
        new: impl Fn(&str) -> Notification,
    ) -> Result<(), ProgramError> {
        for person in people {
            desk::notify(tx, &new(person)).await?;
            if let Some(mail) = &self.mail {
                jobs::add(tx, MAIL, person, self.world.now() + mail.wait).await?;
            }
        }
        Ok(())
    }

    /// Mails a person what they were told and have not read.
    pub(crate) async fn mail_person(&self, person: &str) -> Result<(), ProgramError> {
        let Some(mail) = &self.mail else { return Ok(()) };
        let found = people::get(&self.store, person).await?.filter(|person| person.state == "active");
        let Some(to) = found.and_then(|person| person.mail) else { return Ok(()) };
        let told = desk::not_mailed(&self.store, person).await?;
        if told.is_empty() {
            return Ok(());
        }
        // Whoever is to be mailed is named by id only: what fails stands in the log.
        mail.send(&to, &told)
            .await
            .map_err(|why| ProgramError::Away(format!("The mail to person {person} was not sent: {why}.")))?;
        let mut tx = self.store.begin().await?;
        for one in &told {
            desk::mailed(&mut tx, one, self.world.now()).await?;
        }
        commit(tx).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Notification {
        Notification {
            id: "n1".to_owned(),
            person_id: "p1".to_owned(),
            kind: "account_pending".to_owned(),
            subject: "/calls/C-17-123".to_owned(),
            text: text.to_owned(),
            created_at: 1,
            read_at: None,
        }
    }

    #[test]
    fn a_mail_says_that_something_waits_and_not_what_it_is_about() {
        let told =
            [told("An account waits for your decision."), told("Your account of a call was approved.")];
        let body = body(Some("https://evidence.example.org"), &told);
        assert!(body.contains("- An account waits for your decision.\n- Your account"), "{body}");
        assert!(body.contains("https://evidence.example.org/\n") && !body.contains("C-17-123"), "{body}");
        assert_eq!(subject("Springfield", told.len()), "Springfield: 2 things wait for you in Onrecord");
    }

    #[test]
    fn a_sender_who_is_no_address_is_refused_in_a_sentence() {
        let config = MailConfig {
            host: "localhost".to_owned(),
            port: 25,
            protection: Protection::None,
            credentials: None,
            from: "Onrecord".to_owned(),
            agency: "Springfield".to_owned(),
            url: None,
            wait: 0,
        };
        assert!(Mail::new(config).err().is_some_and(|why| why.starts_with("Onrecord is no mail address: ")));
    }
}
