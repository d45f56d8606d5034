//! `onrecord admin user`: people who sign in. The first administrator is made so; the rest can be done in the pages.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use onrecord_program::people::{Change, NewPerson, rights_of};
use onrecord_program::{PersonRole, Program};
use onrecord_store::people::{Filter, Person};

use super::{OPERATOR, opened};
use crate::serve::Place;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Make a person and print their first password; it is shown once and must be changed at the first sign-in
    Add {
        #[command(flatten)]
        place: Place,
        /// What they sign in with
        name: String,
        /// What others call them [default: the sign-in name]
        #[arg(long, value_name = "NAME", default_value = "")]
        display_name: String,
        #[command(flatten)]
        rights: RightsArgs,
        /// Where mail reaches them
        #[arg(long, value_name = "ADDR")]
        mail: Option<String>,
        /// The officer that they are, where they wear a camera
        #[arg(long, value_name = "ID")]
        officer_id: Option<String>,
        /// How the identity provider names them, where they sign in there: the `sub` of its tokens
        #[arg(long, value_name = "SUB")]
        external_subject: Option<String>,
        /// Take the password from standard input; it need not be changed then
        #[arg(long)]
        password_stdin: bool,
    },
    /// List people
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Give a person other roles and districts than they have
    Roles {
        #[command(flatten)]
        place: Place,
        /// What they sign in with
        name: String,
        #[command(flatten)]
        rights: RightsArgs,
    },
    /// Give a person a new password, and remove their second factors
    Reset {
        #[command(flatten)]
        place: Place,
        /// What they sign in with
        name: String,
    },
    /// Let a person sign in no more, and sign them out everywhere
    Disable {
        #[command(flatten)]
        place: Place,
        /// What they sign in with
        name: String,
    },
}

/// What a person is given.
#[derive(Args)]
pub(super) struct RightsArgs {
    /// A role; may be given several times
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<RoleWord>,
    /// A district for which they hold their roles; may be given several times [default: all of them]
    #[arg(long = "district", value_name = "DISTRICT")]
    districts: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RoleWord {
    Officer,
    Supervisor,
    ProgramManager,
    EvidenceTechnician,
    Records,
    Prosecutor,
    Oversight,
    Administrator,
}

impl From<RoleWord> for PersonRole {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Officer => Self::Officer,
            RoleWord::Supervisor => Self::Supervisor,
            RoleWord::ProgramManager => Self::ProgramManager,
            RoleWord::EvidenceTechnician => Self::EvidenceTechnician,
            RoleWord::Records => Self::Records,
            RoleWord::Prosecutor => Self::Prosecutor,
            RoleWord::Oversight => Self::Oversight,
            RoleWord::Administrator => Self::Administrator,
        }
    }
}

impl RightsArgs {
    fn roles(&self) -> BTreeSet<PersonRole> {
        self.roles.iter().map(|word| (*word).into()).collect()
    }
}

pub(super) async fn run(command: UserCommand) -> Result<ExitCode, String> {
    match command {
        UserCommand::Add {
            place,
            name,
            display_name,
            rights,
            mail,
            officer_id,
            external_subject,
            password_stdin,
        } => {
            let (_, opened) = opened(&place).await?;
            let (roles, districts) = (rights.roles(), rights.districts);
            let new = NewPerson { name, display_name, mail, officer_id, roles, districts, external_subject };
            add(&opened.program, new, password_stdin).await?;
        }
        UserCommand::List { place } => {
            let (_, opened) = opened(&place).await?;
            list(&opened.program).await?;
        }
        UserCommand::Roles { place, name, rights } => {
            let change = Change {
                roles: Some(rights.roles()),
                districts: Some(rights.districts),
                ..Change::default()
            };
            let person = changed(&place, &name, change).await?;
            say!("{} now has: {}.", person.name, what_is_given(&person));
        }
        UserCommand::Reset { place, name } => {
            let (_, opened) = opened(&place).await?;
            let person = opened.program.person_named(&name).await.map_err(|error| error.to_string())?;
            let password = opened.program.reset_person(&person.id, OPERATOR).await;
            say!("{}", password.map_err(|error| error.to_string())?);
        }
        UserCommand::Disable { place, name } => {
            let change = Change { is_active: Some(false), ..Change::default() };
            let person = changed(&place, &name, change).await?;
            say!("{} can sign in no more.", person.name);
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(program: &Program, new: NewPerson, reads_password: bool) -> Result<(), String> {
    if reads_password {
        let mut given = String::new();
        std::io::stdin().read_to_string(&mut given).map_err(|error| format!("The password: {error}."))?;
        let password = given.trim_end_matches(['\r', '\n']);
        let person = program.create_person_with(new, Some(password), OPERATOR).await;
        let person = person.map_err(|error| error.to_string())?;
        say!("{} was made.", person.name);
        return Ok(());
    }
    let (_, password) = program.create_person(new, OPERATOR).await.map_err(|error| error.to_string())?;
    say!("{password}");
    Ok(())
}

async fn list(program: &Program) -> Result<(), String> {
    let mut filter = Filter { limit: 500, ..Filter::default() };
    loop {
        let (found, _) = program.list_people(&filter, 1).await.map_err(|error| error.to_string())?;
        for person in &found {
            say!("{:<20}  {:<8}  {}", person.name, person.state, what_is_given(person));
        }
        match found.last() {
            Some(last) if found.len() == filter.limit as usize => filter.after = Some(last.name.clone()),
            _ => return Ok(()),
        }
    }
}

async fn changed(place: &Place, name: &str, change: Change) -> Result<Person, String> {
    let (_, opened) = opened(place).await?;
    let person = opened.program.person_named(name).await.map_err(|error| error.to_string())?;
    opened.program.change_person(&person.id, change, OPERATOR).await.map_err(|error| error.to_string())
}

fn what_is_given(person: &Person) -> String {
    let rights = rights_of(person);
    let roles: Vec<&str> = rights.roles.iter().map(|role| role.word()).collect();
    let districts = if rights.districts.is_empty() {
        "all districts".to_owned()
    } else {
        format!("districts {}", rights.districts.join(", "))
    };
    format!("{} ({districts})", roles.join(", "))
}
