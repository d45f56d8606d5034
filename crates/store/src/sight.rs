//! What somebody may see, as a condition of a query. A list cannot ask the policies about every row of ten million: they
//! are asked once for each relation and each restricted class, and what they allow becomes this. What a person may not
//! see is then neither listed nor counted.

use std::collections::BTreeSet;

use crate::sql::Sql;

/// How a person stands to a thing. Everything is [`Relation::Other`] to everyone; the closer relations may come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// It is about the officer that the person is.
    Own,
    /// It is in a case that names the person.
    Named,
    /// It is in one of the person's districts.
    District,
    /// None of these is needed.
    Other,
}

impl Relation {
    /// Every relation with its word, the closest first.
    pub const WORDS: [(&'static str, Self); 4] =
        [("own", Self::Own), ("named", Self::Named), ("district", Self::District), ("other", Self::Other)];

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }
}

/// A class of recordings that fewer people may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Juveniles.
    Juvenile,
    /// Victims of sexual assault.
    SexualAssault,
    /// Officers under cover.
    Undercover,
    /// Inquiries into officers.
    InternalAffairs,
}

impl Class {
    /// Every class with its word, as the database and the API write it.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("juvenile", Self::Juvenile),
        ("sexual_assault", Self::SexualAssault),
        ("undercover", Self::Undercover),
        ("internal_affairs", Self::InternalAffairs),
    ];

    /// What a recording may be in: no class, or one of them.
    pub const ANY: [Option<Self>; 5] = [
        None,
        Some(Self::Juvenile),
        Some(Self::SexualAssault),
        Some(Self::Undercover),
        Some(Self::InternalAffairs),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        word_of(&Self::WORDS, self)
    }

    /// The class with a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, class)| *class)
    }
}

fn word_of<T: Copy + PartialEq>(words: &[(&'static str, T)], wanted: T) -> &'static str {
    words.iter().find(|(_, one)| *one == wanted).map_or("", |(word, _)| word)
}

/// What somebody may see (or do, where a list is of things to be done).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// The person, as cases name them; none for a token.
    pub person_id: Option<String>,
    /// The officer that the person is, where they wear a camera.
    pub officer_id: Option<String>,
    /// The person's districts; none for all of them.
    pub districts: Option<Vec<String>>,
    /// What is allowed.
    pub allowed: BTreeSet<(Relation, Option<Class>)>,
    /// Whether a person's own things are left out, whatever other relation they stand in.
    pub not_own: bool,
}

/// Where a query finds what a [`Sight`] asks about. A column that the rows lack is `None`: then no row stands in that
/// relation, and none is restricted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns<'a> {
    /// The officer's id.
    pub officer: Option<&'a str>,
    /// The district.
    pub district: Option<&'a str>,
    /// The restricted class, NULL where there is none.
    pub restricted: Option<&'a str>,
    /// A condition that is true where a case names the person: the text before and behind the person's id.
    pub named: Option<(&'a str, &'a str)>,
}

impl Sight {
    /// Everything, for what the program asks on its own behalf.
    pub fn everything() -> Self {
        let allowed = Class::ANY.iter().map(|class| (Relation::Other, *class)).collect();
        Self { allowed, ..Self::default() }
    }

    /// Whether nothing at all can be seen.
    pub fn is_nothing(&self) -> bool {
        self.allowed.is_empty()
    }

    /// Whether a thing may be seen that stands in these relations ([`Relation::Other`] is understood).
    pub fn allows(&self, relations: &[Relation], class: Option<Class>) -> bool {
        if self.not_own && relations.contains(&Relation::Own) {
            return false;
        }
        relations.iter().chain([&Relation::Other]).any(|relation| self.allowed.contains(&(*relation, class)))
    }

    /// How a thing stands to the person.
    pub fn relations(&self, officer: Option<&str>, district: Option<&str>, is_named: bool) -> Vec<Relation> {
        let is_own = officer.is_some() && officer == self.officer_id.as_deref();
        let in_district = match &self.districts {
            None => true,
            Some(districts) => district.is_some_and(|it| districts.iter().any(|known| known == it)),
        };
        [(is_own, Relation::Own), (is_named, Relation::Named), (in_district, Relation::District)]
            .into_iter()
            .filter_map(|(holds, relation)| holds.then_some(relation))
            .collect()
    }

    /// Adds to a statement that has a WHERE what keeps the rows that may be seen: ` AND (…)`, or nothing where all may.
    pub(crate) fn push(&self, query: &mut Sql, columns: Columns<'_>) {
        if let (true, Some(column), Some(officer)) = (self.not_own, columns.officer, &self.officer_id) {
            query.push(" AND (").push(column).push(" IS NULL OR ").push(column);
            query.push(" <> ").bind(officer.clone()).push(")");
        }
        let terms = self.terms(columns);
        if self.opens_all(&terms, columns) {
            return;
        }
        query.push(" AND (");
        for (at, (relation, classes)) in terms.iter().enumerate() {
            query.push(if at == 0 { "" } else { " OR " }).push("(");
            let is_bound = !self.is_free(*relation);
            if is_bound {
                self.push_relation(query, *relation, columns);
            }
            if !is_all(classes, columns) {
                query.push(if is_bound { " AND " } else { "" });
                push_classes(query, classes, columns.restricted.unwrap_or("NULL"));
            }
            query.push(")");
        }
        query.push(if terms.is_empty() { "1 = 0)" } else { ")" });
    }

    /// For each relation that the rows can stand in, the classes that it opens; what a wider one opens anyway is left out.
    fn terms(&self, columns: Columns<'_>) -> Vec<(Relation, BTreeSet<Option<Class>>)> {
        let mut terms: Vec<(Relation, BTreeSet<Option<Class>>)> = Vec::new();
        // The widest first, so that what it opens makes the closer ones needless.
        for (_, relation) in Relation::WORDS.into_iter().rev().filter(|(_, it)| self.can_hold(*it, columns)) {
            let of_relation = self.allowed.iter().filter(|(of, _)| *of == relation).map(|(_, class)| *class);
            let classes: BTreeSet<_> =
                of_relation.filter(|class| class.is_none() || columns.restricted.is_some()).collect();
            let is_needless =
                terms.iter().any(|(wider, open)| self.is_free(*wider) && classes.is_subset(open));
            if !classes.is_empty() && !is_needless {
                terms.push((relation, classes));
            }
        }
        terms
    }

    fn opens_all(&self, terms: &[(Relation, BTreeSet<Option<Class>>)], columns: Columns<'_>) -> bool {
        terms.iter().any(|(relation, classes)| self.is_free(*relation) && is_all(classes, columns))
    }

    /// Whether a relation holds for every row.
    fn is_free(&self, relation: Relation) -> bool {
        relation == Relation::Other || (relation == Relation::District && self.districts.is_none())
    }

    fn can_hold(&self, relation: Relation, columns: Columns<'_>) -> bool {
        match relation {
            Relation::Own => self.officer_id.is_some() && columns.officer.is_some(),
            Relation::Named => self.person_id.is_some() && columns.named.is_some(),
            Relation::District => match &self.districts {
                None => true,
                Some(districts) => !districts.is_empty() && columns.district.is_some(),
            },
            Relation::Other => true,
        }
    }

    fn push_relation(&self, query: &mut Sql, relation: Relation, columns: Columns<'_>) {
        match relation {
            Relation::Own => {
                query.push(columns.officer.unwrap_or("NULL")).push(" = ");
                query.bind(self.officer_id.clone());
            }
            Relation::Named => {
                let (before, behind) = columns.named.unwrap_or(("NULL = ", ""));
                query.push(before).bind(self.person_id.clone()).push(behind);
            }
            Relation::District => {
                query.push(columns.district.unwrap_or("NULL")).push(" IN ");
                query.list(self.districts.as_deref().unwrap_or_default());
            }
            Relation::Other => {}
        }
    }
}

fn is_all(classes: &BTreeSet<Option<Class>>, columns: Columns<'_>) -> bool {
    columns.restricted.is_none() || classes.len() == Class::ANY.len()
}

/// The condition that a row's class is one of these; `classes` holds at least one.
fn push_classes(query: &mut Sql, classes: &BTreeSet<Option<Class>>, column: &str) {
    let named: Vec<String> = classes.iter().flatten().map(|class| class.word().to_owned()).collect();
    let opens_plain = classes.contains(&None);
    query.push("(");
    if opens_plain {
        query.push(column).push(" IS NULL");
    }
    if !named.is_empty() {
        query.push(if opens_plain { " OR " } else { "" }).push(column).push(" IN ").list(&named);
    }
    query.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'static> = Columns {
        officer: Some("officer_id"),
        district: Some("district"),
        restricted: Some("restricted"),
        named: Some(("id IN (SELECT recording_id FROM named WHERE person = ", ")")),
    };

    fn condition(sight: &Sight, columns: Columns<'_>) -> String {
        let mut query = Sql::new("");
        sight.push(&mut query, columns);
        query.text()
    }

    fn sight(allowed: &[(Relation, Option<Class>)]) -> Sight {
        Sight {
            person_id: Some("p".to_owned()),
            officer_id: Some("o".to_owned()),
            districts: Some(vec!["7".to_owned(), "8".to_owned()]),
            allowed: allowed.iter().copied().collect(),
            not_own: false,
        }
    }

    #[test]
    fn everything_needs_no_condition_and_nothing_matches_no_row() {
        assert_eq!(condition(&Sight::everything(), COLUMNS), "");
        assert_eq!(condition(&sight(&[]), COLUMNS), " AND (1 = 0)");
    }

    #[test]
    fn an_officer_sees_what_is_their_own_and_a_supervisor_their_districts() {
        let own = sight(&[(Relation::Own, None), (Relation::Own, Some(Class::Juvenile))]);
        let expected = " AND ((officer_id = $1 AND (restricted IS NULL OR restricted IN ($2))))";
        assert_eq!(condition(&own, COLUMNS), expected);
        let both = sight(&[(Relation::Own, None), (Relation::District, None)]);
        let expected = " AND ((district IN ($1, $2) AND (restricted IS NULL)) OR (officer_id = $3 AND (restricted IS NULL)))";
        assert_eq!(condition(&both, COLUMNS), expected);
    }

    #[test]
    fn who_has_all_districts_needs_no_closer_relation() {
        let all = Sight { districts: None, ..sight(&[(Relation::Own, None), (Relation::District, None)]) };
        assert_eq!(condition(&all, COLUMNS), " AND (((restricted IS NULL)))");
        assert_eq!(condition(&all, Columns { restricted: None, ..COLUMNS }), "");
    }

    #[test]
    fn what_the_rows_do_not_say_opens_nothing() {
        let named = sight(&[(Relation::Named, None), (Relation::District, None)]);
        assert_eq!(
            condition(&named, Columns { officer: Some("officer_id"), ..Columns::default() }),
            " AND (1 = 0)"
        );
        let expected =
            " AND ((id IN (SELECT recording_id FROM named WHERE person = $1) AND (restricted IS NULL)))";
        assert_eq!(condition(&named, Columns { district: None, ..COLUMNS }), expected);
    }

    #[test]
    fn own_things_can_be_left_out() {
        let others = Sight { not_own: true, ..sight(&[(Relation::Other, None)]) };
        let columns = Columns { restricted: None, ..COLUMNS };
        assert_eq!(condition(&others, columns), " AND (officer_id IS NULL OR officer_id <> $1)");
        assert!(!others.allows(&[Relation::Own], None) && others.allows(&[], None));
    }

    #[test]
    fn a_person_without_districts_has_all_of_them_and_one_without_a_camera_owns_nothing() {
        let all = Sight { districts: None, officer_id: None, ..sight(&[]) };
        assert_eq!(all.relations(None, None, false), [Relation::District]);
        assert_eq!(sight(&[]).relations(Some("o"), Some("9"), true), [Relation::Own, Relation::Named]);
    }
}
