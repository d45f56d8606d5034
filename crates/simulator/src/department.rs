//! The department: its districts, cars and officers.
//!
//! Officers are spread over the districts by weight, put into cars of one or two, and the cars over watches and days
//! off, so that partners always work together.

use crate::calendar::Calendar;
use crate::career::Career;
use crate::chance::{Chance, Stream};
use crate::scenario::{District, Scenario, day_number};

/// Fewer officers cannot keep a district open.
const LEAST_IN_A_DISTRICT: u32 = 6;

/// An officer on patrol.
#[derive(Debug)]
pub(crate) struct Officer {
    /// As in every file.
    pub id: u32,
    /// Which of the department's districts.
    pub district: u32,
    pub career: Career,
}

/// A car and those in it, who share a watch and their days off.
#[derive(Debug)]
pub(crate) struct Car {
    pub district: u32,
    pub watch: u32,
    /// Which rotation of days off it follows.
    group: u32,
    /// The first of its officers, by position in the department; the second follows.
    pub first_officer: u32,
    pub officers: u32,
    /// The call sign.
    pub unit: String,
}

/// An open district.
#[derive(Debug)]
pub(crate) struct Post {
    pub number: u32,
    /// The evidence technician, who has an id of their own, checks cameras and takes no calls.
    pub technician: String,
    /// The serial number of the technician's test camera.
    pub test_camera: u32,
    /// The cars of each watch.
    pub rosters: Vec<Vec<u32>>,
}

/// The whole department.
#[derive(Debug)]
pub(crate) struct Department {
    pub posts: Vec<Post>,
    pub cars: Vec<Car>,
    pub officers: Vec<Officer>,
    days_on: u32,
    cycle: u32,
}

impl Department {
    /// Staffs the scenario with this many officers.
    pub fn new(scenario: &Scenario, calendar: &Calendar, officers: u32, seed: u64) -> Self {
        let open = open_districts(&scenario.districts, officers);
        let staff = staffing(&open, officers);
        let mut department = Self {
            posts: Vec::new(),
            cars: Vec::new(),
            officers: Vec::with_capacity(officers as usize),
            days_on: scenario.duty.days_on,
            cycle: scenario.duty.days_on + scenario.duty.days_off,
        };
        for (district, staff) in open.iter().zip(staff) {
            department.open(district, staff, scenario, calendar, seed);
        }
        department
    }

    /// Whether the car is on duty on the day of the period.
    pub fn on_duty(&self, car: &Car, day: u32) -> bool {
        (day + car.group) % self.cycle < self.days_on
    }

    fn open(&mut self, district: &District, staff: u32, scenario: &Scenario, calendar: &Calendar, seed: u64) {
        let index = self.posts.len() as u32;
        let issued_on = day_number(&district.issued_on).unwrap_or_default() - calendar.first_day;
        let mut rosters = vec![Vec::new(); calendar.watches() as usize];
        let first_car = self.cars.len() as u32;
        let mut left = staff;
        for number in 0.. {
            if left == 0 {
                break;
            }
            let officers = crew_size(number, left, scenario.duty.two_officer_cars);
            let watch = number % calendar.watches();
            rosters[watch as usize].push(first_car + number);
            let car = Car {
                district: index,
                watch,
                group: (number / calendar.watches()) % self.cycle,
                first_officer: self.officers.len() as u32,
                officers,
                unit: call_sign(district.number, number),
            };
            self.crew(&car, issued_on, scenario, calendar, seed);
            self.cars.push(car);
            left -= officers;
        }
        self.posts.push(Post {
            number: district.number,
            technician: format!("T{:02}", district.number),
            test_camera: TEST_CAMERAS + district.number,
            rosters,
        });
    }

    /// Puts officers into the car.
    fn crew(&mut self, car: &Car, issued_on: i64, scenario: &Scenario, calendar: &Calendar, seed: u64) {
        let shifts: Vec<u32> = (0..calendar.days).filter(|day| self.on_duty(car, *day)).collect();
        for officer in car.first_officer..car.first_officer + car.officers {
            let mut chance = Chance::new(seed, Stream::Career { officer });
            let career =
                Career::new(officer, issued_on, car.watch, &shifts, &scenario.cameras, calendar, &mut chance);
            self.officers.push(Officer { id: officer_id(officer), district: car.district, career });
        }
    }
}

/// Serial numbers of technicians' cameras begin here.
const TEST_CAMERAS: u32 = 900_000;

fn officer_id(index: u32) -> u32 {
    10_000 + 3 * index
}

/// Two officers in this share of the cars, spread evenly.
fn crew_size(number: u32, left: u32, two_officer_cars: f64) -> u32 {
    let pairs = |cars: u32| (f64::from(cars) * two_officer_cars + 0.5) as u32;
    if left >= 2 && pairs(number + 1) > pairs(number) { 2 } else { 1 }
}

/// Such as `0512A`: district, number, letter.
fn call_sign(district: u32, number: u32) -> String {
    let letter = char::from(b'A' + (number / 90 % 26) as u8);
    format!("{district:02}{:02}{letter}", 10 + number % 90)
}

/// The districts that so many officers can keep open: all, or some from the first to the last of the rollout.
fn open_districts(districts: &[District], officers: u32) -> Vec<&District> {
    let mut order: Vec<&District> = districts.iter().collect();
    order.sort_by(|a, b| a.issued_on.cmp(&b.issued_on));
    let count = ((officers / LEAST_IN_A_DISTRICT).max(1) as usize).min(order.len());
    let last = order.len() - 1;
    (0..count).map(|index| order[if count == 1 { 0 } else { index * last / (count - 1) }]).collect()
}

/// Officers per district, by weight; each has at least one.
fn staffing(open: &[&District], officers: u32) -> Vec<u32> {
    let total: f64 = open.iter().map(|district| district.weight).sum();
    let spare = officers.saturating_sub(open.len() as u32);
    let mut weight_so_far = 0.0;
    let mut placed = 0;
    open.iter()
        .map(|district| {
            weight_so_far += district.weight;
            let due = (f64::from(spare) * (weight_so_far / total)).round() as u32;
            let here = due.min(spare) - placed;
            placed += here;
            here + 1
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(officers: u32) -> Department {
        let scenario = Scenario::named("chicago-2017").unwrap();
        Department::new(&scenario, &Calendar::new(&scenario, 30).unwrap(), officers, 1)
    }

    #[test]
    fn any_number_of_officers_can_be_staffed() {
        for officers in [1, 2, 5, 6, 11, 12, 60, 131, 132, 1_000, 8_200] {
            let department = department(officers);
            assert_eq!(department.officers.len(), officers as usize);
            assert!(department.posts.len() <= 22);
        }
        assert_eq!(department(132).posts.len(), 22);
        assert_eq!(department(1).posts.len(), 1);
    }

    #[test]
    fn every_officer_sits_in_one_car() {
        let department = department(500);
        let seats: u32 = department.cars.iter().map(|car| car.officers).sum();
        assert_eq!(seats, 500);
        let pairs = department.cars.iter().filter(|car| car.officers == 2).count();
        let share = pairs as f64 / department.cars.len() as f64;
        assert!((share - 0.7).abs() < 0.05, "{share}");
    }

    #[test]
    fn cars_work_four_days_and_rest_two() {
        let department = department(300);
        for car in &department.cars {
            assert_eq!((0..30).filter(|day| department.on_duty(car, *day)).count(), 20);
        }
    }
}
