//! Names of officers, invented: any likeness is chance.

const FIRST: [&str; 31] = [
    "Aaliyah", "Andre", "Beatriz", "Brian", "Carlos", "Dana", "Darnell", "Elena", "Farid", "Grace", "Hector",
    "Imani", "Jakub", "James", "Keisha", "Kevin", "Lucia", "Malik", "Maria", "Michael", "Nadia", "Omar",
    "Patrick", "Quinn", "Rosa", "Sean", "Tamika", "Thomas", "Victor", "Wei", "Zofia",
];

const LAST: [&str; 37] = [
    "Alvarez",
    "Anderson",
    "Baker",
    "Banks",
    "Brennan",
    "Brooks",
    "Castillo",
    "Chen",
    "Cole",
    "Dorsey",
    "Doyle",
    "Ellis",
    "Flores",
    "Garcia",
    "Greene",
    "Haddad",
    "Hayes",
    "Jackson",
    "Johnson",
    "Kaminski",
    "Kelly",
    "Lopez",
    "Mazur",
    "Mendoza",
    "Moore",
    "Murphy",
    "Nowak",
    "Ortiz",
    "Patel",
    "Ramirez",
    "Reed",
    "Rivera",
    "Sullivan",
    "Turner",
    "Vargas",
    "Washington",
    "Young",
];

/// The name of the officer at this position: last name first, as rosters have it, without a comma.
pub(crate) fn of(position: usize) -> String {
    format!("{} {}", LAST[position % LAST.len()], FIRST[position % FIRST.len()])
}
