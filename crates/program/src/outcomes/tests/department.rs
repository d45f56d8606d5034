//! Small nasty departments out of a seed: rows of every kind with few officers, cameras and ids, so that they share,
//! contradict and repeat each other, on a night on which the clocks are set back; some of them damaged.

use onrecord_exchange::FileKind;
use onrecord_policy::Moment;

/// A stream of numbers (splitmix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// True in `percent` of 100 cases.
    pub fn often(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let at = self.below(of.len() as u64) as usize;
        of.get(at).unwrap()
    }
}

pub const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// 2017-11-05T05:00:00Z: midnight in Chicago, before the clocks are set back from 02:00 to 01:00.
const NIGHT: i64 = 1_509_858_000_000_000;

/// How a department is.
pub struct Department {
    officers: u64,
    cameras: u64,
    calls: u64,
    /// Hours that it is about.
    hours: i64,
    /// How often, of 100, a value is damaged.
    damage: u64,
    /// How often a time is local.
    local: u64,
    /// How often an officer has another camera than usually, and an id stands for something else.
    disorder: u64,
    /// How often a recording still runs.
    running: u64,
    /// The kinds of files that it has.
    pub kinds: Vec<FileKind>,
}

impl Department {
    pub fn new(chance: &mut Chance) -> Self {
        let mut kinds = vec![FileKind::Calls, FileKind::Calls, FileKind::Recordings, FileKind::Recordings];
        kinds.extend(FileKind::ALL.into_iter().skip(2).filter(|_| chance.often(55)));
        Self {
            kinds,
            disorder: *chance.one(&[0, 5, 20, 60]),
            running: *chance.one(&[0, 0, 3, 10]),
            officers: 2 + chance.below(5),
            cameras: 1 + chance.below(6),
            calls: 2 + chance.below(12),
            hours: *chance.one(&[6, 12, 60, 400]),
            damage: *chance.one(&[0, 0, 0, 1, 3, 8]),
            local: *chance.one(&[0, 30, 90]),
        }
    }

    fn officer(&self, chance: &mut Chance) -> String {
        format!("O{}", chance.below(self.officers))
    }

    fn camera(&self, chance: &mut Chance) -> String {
        format!("c{}", chance.below(self.cameras))
    }

    /// An officer and mostly the camera that the officer has.
    fn pair(&self, chance: &mut Chance) -> (String, String) {
        let officer = chance.below(self.officers);
        let camera = if chance.often(self.disorder) { chance.below(self.cameras) } else { officer };
        (format!("O{officer}"), format!("c{camera}"))
    }

    fn begin(&self, call: u64) -> i64 {
        NIGHT + (call as i64 * 37 % (self.hours * 12)) * 5 * MINUTE
    }

    /// When something begins: mostly about when a call does.
    fn about(&self, chance: &mut Chance) -> i64 {
        if chance.often(40) {
            return self.at(chance);
        }
        let call = chance.below(self.calls);
        self.begin(call) + *chance.one(&[-20, -3, -1, 0, 0, 0, 1, 4, 15]) * MINUTE
    }

    /// The first and the last recording: between them the absence of one means something.
    pub fn edges(&self) -> Vec<Vec<String>> {
        let row = |id: &str, at: i64| {
            let [from, to] = [at, at + MINUTE].map(|at| Moment(at).to_string());
            [id, "Z", "cz", &from, "", &to, "", ""].map(str::to_owned).to_vec()
        };
        vec![row("first", NIGHT - 48 * HOUR), row("last", NIGHT + (self.hours + 48) * HOUR)]
    }

    fn at(&self, chance: &mut Chance) -> i64 {
        NIGHT + chance.below(self.hours as u64 * 12) as i64 * 5 * MINUTE
    }

    fn text(&self, chance: &mut Chance, at: i64) -> String {
        if chance.often(self.damage) {
            let garbage = [
                "garbage",
                "1970-01-01T00:00:05Z",
                "2017-11-05",
                "2018-03-11 02:30",
                "2017-11-05 01:30[UTC]",
            ];
            return (*chance.one(&garbage)).to_owned();
        }
        if !chance.often(self.local) {
            return Moment(at).to_string();
        }
        // The wall clock in Chicago, before and after 07:00Z.
        let offset = if at < NIGHT + 2 * HOUR { -5 * HOUR } else { -6 * HOUR };
        let wall = Moment(at + offset).to_string();
        wall.trim_end_matches('Z').replace('T', " ")
    }

    /// A row of a kind under the columns of the contract.
    pub fn row(&self, chance: &mut Chance, kind: FileKind) -> Vec<String> {
        let mut row = match kind {
            FileKind::Calls => self.call(chance),
            FileKind::Recordings => self.recording(chance),
            FileKind::Officers => self.of_officer(chance),
            FileKind::CameraAssignments => self.assignment(chance),
            FileKind::Exceptions => self.exception(chance),
            FileKind::DeviceEvents => self.event(chance),
        };
        for value in &mut row {
            if chance.often(self.damage / 2) {
                value.clear();
            }
        }
        if chance.often(self.damage) && chance.often(20) {
            row.push("one value too many".to_owned());
        }
        row
    }

    fn call(&self, chance: &mut Chance) -> Vec<String> {
        let call = chance.below(self.calls);
        let begin = self.begin(call) + chance.below(3) as i64 * MINUTE;
        let end = begin + (1 + chance.below(50) as i64) * MINUTE;
        let mut row = vec![format!("k{call}"), self.officer(chance), "12A".to_owned()];
        row.push(
            (if chance.often(90) { "DISTURBANCE" } else { *chance.one(&["LUNCH", "", "ADMIN"]) }).to_owned(),
        );
        row.extend(["", "7", ""].map(str::to_owned));
        row.push(self.text(chance, begin - 9 * MINUTE));
        row.push(self.text(chance, begin - 5 * MINUTE));
        row.push(if chance.often(50) { String::new() } else { self.text(chance, begin - 4 * MINUTE) });
        row.push(if chance.often(10) { String::new() } else { self.text(chance, begin) });
        row.push(if chance.often(50) { String::new() } else { self.text(chance, end - MINUTE) });
        row.push(if chance.often(5) { String::new() } else { self.text(chance, end) });
        row
    }

    fn recording(&self, chance: &mut Chance) -> Vec<String> {
        let id = if chance.often(self.disorder) { chance.below(30) } else { chance.next() };
        let id = format!("r{id}");
        let (mut officer, mut camera) = self.pair(chance);
        if chance.often(20) {
            officer.clear();
        } else if chance.often(10) {
            camera.clear();
        }
        let started = self.about(chance);
        let activated = started + *chance.one(&[0, 0, MINUTE, -MINUTE]);
        let stopped = started + (1 + chance.below(90) as i64) * MINUTE;
        vec![
            id,
            officer,
            camera,
            self.text(chance, started),
            if chance.often(30) { String::new() } else { self.text(chance, activated.max(started)) },
            if chance.often(self.running) { String::new() } else { self.text(chance, stopped) },
            (*chance.one(&["given", "none", ""])).to_owned(),
            if chance.often(60) { String::new() } else { self.text(chance, started + 2 * MINUTE) },
        ]
    }

    fn of_officer(&self, chance: &mut Chance) -> Vec<String> {
        let trained = self.at(chance) - 20 * 24 * HOUR;
        let issued = self.at(chance) - *chance.one(&[6, 6, 6, 300]) * HOUR;
        let (officer, camera) = self.pair(chance);
        let name = *chance.one(&["", "", "A. Name", "Two\nlines, one comma"]);
        vec![
            officer,
            name.to_owned(),
            String::new(),
            "7".to_owned(),
            if chance.often(60) { String::new() } else { self.text(chance, trained) },
            if chance.often(15) { String::new() } else { camera },
            if chance.often(30) { String::new() } else { self.text(chance, issued) },
        ]
    }

    fn assignment(&self, chance: &mut Chance) -> Vec<String> {
        let from = self.at(chance) - *chance.one(&[6, 100, 600]) * HOUR;
        let to = from + *chance.one(&[1, 8, 300, 2_000]) * HOUR;
        let (officer, camera) = self.pair(chance);
        vec![
            camera,
            officer,
            self.text(chance, from),
            if chance.often(30) { String::new() } else { self.text(chance, to) },
        ]
    }

    fn exception(&self, chance: &mut Chance) -> Vec<String> {
        let from = self.about(chance);
        let codes = [
            "active_shooter",
            "exigent",
            "technical_failure",
            "victim_request",
            "unknown_code",
            "of_this_policy",
        ];
        let to = from + (1 + chance.below(120) as i64) * MINUTE;
        vec![
            self.officer(chance),
            if chance.often(50) { String::new() } else { format!("k{}", chance.below(self.calls)) },
            self.text(chance, from),
            self.text(chance, to),
            (*chance.one(&codes)).to_owned(),
            (*chance.one(&["", "sergeant"])).to_owned(),
            String::new(),
        ]
    }

    fn event(&self, chance: &mut Chance) -> Vec<String> {
        let words = [
            "power_on",
            "power_off",
            "battery_depleted",
            "storage_full",
            "fault",
            "fault_cleared",
            "docked",
            "uploaded",
            "uploaded",
        ];
        // A camera that nobody has, too.
        let camera = if chance.often(5) { "c99".to_owned() } else { self.camera(chance) };
        let word = if chance.often(self.damage) { "nonsense" } else { *chance.one(&words) };
        let late = if word == "uploaded" { *chance.one(&[0, 30, 600]) } else { 0 };
        let at = self.about(chance) + late * HOUR;
        vec![camera, self.text(chance, at), word.to_owned()]
    }

    /// What a recording that is taken in here says: officer, camera, start, activation, stop.
    pub fn own(
        &self,
        chance: &mut Chance,
    ) -> (Option<String>, Option<String>, i64, Option<i64>, Option<i64>) {
        let (officer, camera) = self.pair(chance);
        let officer = (!chance.often(20)).then_some(officer);
        let camera = (officer.is_none() || chance.often(90)).then_some(camera);
        let started = self.about(chance);
        let activated = chance.often(60).then_some(started + MINUTE);
        let stopped = chance.often(80).then(|| started + (2 + chance.below(60) as i64) * MINUTE);
        (officer, camera, started, activated, stopped)
    }
}
