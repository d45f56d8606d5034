//! Calls in the layouts that four cities publish, small made exports with their published columns, and mappings.

use crate::desk::{Audit, Desk, Ran};

/// Recordings of the officers 101, 102 and 103, from 2022-12-01 to 2023-02-01.
fn recordings(lines: &str) -> String {
    format!(
        "recording_id,officer_id,started_at,stopped_at\nA,999,2022-12-01T00:00:00Z,2022-12-01T00:01:00Z\n{lines}\
         Z,999,2023-02-01T00:00:00Z,2023-02-01T00:01:00Z\n"
    )
}

fn calls<'a>(desk: &'a Desk, options: &str) -> Audit<'a> {
    desk.audit().and(options)
}

/// Officer, begin, end and outcome of every row.
fn decided(ran: &Ran) -> Vec<String> {
    ran.outcomes()
        .iter()
        .map(|o| format!("{} {} {} {} {}", o["call_id"], o["officer_id"], o["begin"], o["end"], o["outcome"]))
        .collect()
}

#[test]
fn san_francisco_with_a_column_for_the_officer() {
    let header = "cad_number,dup_cad_number,pd_incident_report,received_datetime,entry_datetime,dispatch_datetime,\
        enroute_datetime,onscene_datetime,close_datetime,call_type_original,call_type_original_desc,call_type_final,\
        call_type_final_desc,priority_original,priority_final,agency,disposition,onview_flag,sensitive_call,\
        intersection_name,police_district,star";
    let row = |number: &str, on_scene: &str, close: &str, star: &str| {
        format!(
            "{number},,,2023/01/10 09:50:00 AM,2023/01/10 09:51:00 AM,2023/01/10 09:52:00 AM,2023/01/10 09:53:00 AM,\
             {on_scene},{close},917,SUSPICIOUS PERSON,917,SUSPICIOUS PERSON,B,B,Police,HAN,N,false,A ST \\ B ST,MISSION,{star}"
        )
    };
    let export = [
        header.to_owned(),
        row("230100001", "2023/01/10 10:00:00 AM", "2023/01/10 10:30:00 AM", "101"),
        row("230100002", "2023/01/10 12:00:00 PM", "2023/01/10 01:00:00 PM", "101"),
        row("230100003", "", "2023/01/10 10:30:00 AM", "102"),
    ]
    .join("\n");
    let desk = Desk::with(
        export,
        recordings(
            "R,101,2023-01-10T17:59:00Z,2023-01-10T18:31:00Z\nS,102,2023-01-12T17:59:00Z,2023-01-12T18:31:00Z\n",
        ),
    );
    let ran = calls(&desk, "--cad-profile sfpd --officer-column star").done();
    assert_eq!(
        decided(&ran),
        [
            "230100001 101 2023-01-10T18:00:00Z 2023-01-10T18:30:00Z recorded",
            "230100002 101 2023-01-10T20:00:00Z 2023-01-10T21:00:00Z missing",
            "230100003 102 2023-01-10T17:53:00Z 2023-01-10T18:30:00Z not_required",
        ]
    );
    assert!(ran.rejected().is_empty());
    assert_eq!(ran.summary()["by"]["district"][0]["name"], "MISSION");
    calls(&desk, "--cad-profile sfpd").refuses(&[
        "calls.csv",
        "names no officer",
        "--officer-column",
        "--roster",
    ]);
}

#[test]
fn new_orleans_with_a_duty_roster() {
    let export = "NOPD_Item,Type,TypeText,Priority,InitialType,InitialTypeText,InitialPriority,MapX,MapY,TimeCreate,\
        TimeDispatch,TimeArrive,TimeClosed,Disposition,DispositionText,SelfInitiated,Beat,BLOCK_ADDRESS,Zip,PoliceDistrict,\
        Location,Car\n\
        A0000123,94,DISCHARGING FIREARM,2C,94,DISCHARGING FIREARM,2C,1,2,01/10/2023 09:50:00 AM,01/10/2023 09:55:00 AM,\
        01/10/2023 10:00:00 AM,01/10/2023 10:30:00 AM,NAT,Necessary Action Taken,N,5G01,001XX A St,70117,5,\"(29.9, -90.0)\",512\n\
        A0000223,94,DISCHARGING FIREARM,2C,94,DISCHARGING FIREARM,2C,1,2,01/11/2023 09:50:00 AM,01/11/2023 09:55:00 AM,\
        01/11/2023 10:00:00 AM,01/11/2023 10:30:00 AM,NAT,Necessary Action Taken,N,5G01,001XX A St,70117,5,\"(29.9, -90.0)\",512\n";
    let roster = "officer_id,unit_id,from,to\n101,512,2023-01-10 07:00,2023-01-10 16:00\n102,512,2023-01-10 07:00,2023-01-10 16:00\n\
        103,513,2023-01-10 07:00,2023-01-12 16:00\n";
    let desk = Desk::with(export, recordings("R,101,2023-01-10T15:59:00Z,2023-01-10T16:31:00Z\nS,102,2023-01-12T15:59:00Z,2023-01-12T16:31:00Z\n"))
        .file("roster.csv", roster);
    let ran =
        calls(&desk, "--cad-profile nopd --timezone America/Chicago --roster roster.csv --unit-column Car")
            .done();
    assert_eq!(
        decided(&ran),
        [
            "A0000123 101 2023-01-10T16:00:00Z 2023-01-10T16:30:00Z recorded",
            "A0000123 102 2023-01-10T16:00:00Z 2023-01-10T16:30:00Z missing",
        ]
    );
    // Nobody was on duty in that car on the second day: the row is listed, not dropped.
    assert_eq!(ran.rejected(), ["calls.csv 3 unit_id row"]);
    assert!(ran.reason().contains("nobody in unit \"512\""), "{}", ran.reason());
    assert_eq!(ran.counts("roster"), [3, 3, 0, 0]);
    assert_eq!(ran.summary()["calls"]["some_on_record"], 1);
    calls(&desk, "--cad-profile nopd --roster roster.csv").refuses(&[
        "calls.csv",
        "names no unit",
        "--unit-column",
    ]);
}

#[test]
fn cincinnati_where_1900_means_that_there_is_no_time() {
    let export = "ADDRESS_X,LATITUDE_X,LONGITUDE_X,AGENCY,CREATE_TIME_INCIDENT,DISPOSITION_TEXT,EVENT_NUMBER,\
        INCIDENT_TYPE_ID,INCIDENT_TYPE_DESC,PRIORITY,PRIORITY_COLOR,DISPATCH_TIME_PRIMARY_UNIT,ARRIVAL_TIME_PRIMARY_UNIT,\
        CLOSED_TIME_INCIDENT,BEAT,COMMUNITY_COUNCIL_NEIGHBORHOOD,DISTRICT,SNA_NEIGHBORHOOD,CPD_NEIGHBORHOOD,BADGE\n\
        1XX A ST,39.1,-84.5,CPD,01/10/2023 09:50:00 AM,ARR: ARREST,CPD230110000001,DIST,DISTURBANCE,20,,01/10/2023 09:55:00 AM,\
        01/10/2023 10:00:00 AM,01/10/2023 10:30:00 AM,2131,A,2,A,A,101\n\
        1XX A ST,39.1,-84.5,CPD,01/10/2023 11:50:00 AM,CAN: CANCEL,CPD230110000002,DIST,DISTURBANCE,20,,01/10/2023 11:55:00 AM,\
        01/01/1900 12:00:00 AM,01/10/2023 12:30:00 PM,2131,A,2,A,A,101\n";
    let desk = Desk::with(export, recordings("R,101,2023-01-10T14:59:00Z,2023-01-10T15:31:00Z\n"));
    let ran = calls(&desk, "--cad-profile cincinnati --officer-column BADGE").done();
    assert_eq!(
        decided(&ran),
        [
            "CPD230110000001 101 2023-01-10T15:00:00Z 2023-01-10T15:30:00Z recorded",
            "CPD230110000002 101 2023-01-10T16:55:00Z 2023-01-10T17:30:00Z not_required",
        ]
    );
    assert!(ran.rejected().is_empty());
}

#[test]
fn sacramento_where_each_time_stands_in_two_columns() {
    let export = "OBJECTID,Record_ID,Call_Type,Description,Reporting_Officer,Unit_ID,Report_Created,Location,Police_District,\
        Beat,Grid,X_Coordinate,Y_Coordinate,Day_of_Week,Occurence_Date,Occurence_Time,Received_Date,Received_Time,\
        Dispatch_Date,Dispatch_Time,Enroute_Date,Enroute_Time,At_Scene_Date,At_Scene_Time,Clear_Date,Clear_Time\n\
        1,5001,415,DISTURBANCE,101,3A23,N,A ST,3,3A,0551,1,2,Tue,2023/01/10 08:00:00+00,09:50:00,2023/01/10 08:00:00+00,09:50:00,\
        2023/01/10 08:00:00+00,09:55:00,2023/01/10 08:00:00+00,09:56:00,2023/01/10 08:00:00+00,10:00:00,2023/01/10 08:00:00+00,10:30:00\n\
        2,5002,415,DISTURBANCE,102,3A24,N,A ST,3,3A,0551,1,2,Tue,2023/01/10 08:00:00+00,23:50:00,2023/01/10 08:00:00+00,23:50:00,\
        2023/01/10 08:00:00+00,23:55:00,1899/12/30 00:00:00+00,00:00:00,2023/01/10 08:00:00+00,23:58:00,2023/01/11 08:00:00+00,00:30:00\n";
    let desk = Desk::with(
        export,
        recordings(
            "R,101,2023-01-10T17:59:00Z,2023-01-10T18:31:00Z\nS,102,2023-01-11T08:00:00Z,2023-01-11T08:31:00Z\n",
        ),
    );
    let ran = calls(&desk, "--cad-profile sacramento").done();
    assert_eq!(
        decided(&ran),
        [
            "5001 101 2023-01-10T18:00:00Z 2023-01-10T18:30:00Z recorded",
            "5002 102 2023-01-11T07:58:00Z 2023-01-11T08:30:00Z partial",
        ]
    );
    assert!(ran.rejected().is_empty());
    assert_eq!(ran.summary()["by"]["unit"][0]["name"], "3A23");
}

#[test]
fn a_mapping_of_ones_own_with_several_officers_in_a_row() {
    let mapping = "timezone = \"America/Denver\"\nformats = [\"%d.%m.%Y %H:%M\"]\nabsent = [\"n/a\"]\nofficer_separator = \"/\"\n\
        [columns]\ncall_id = \"Incident\"\nofficer_id = [\"Crew\", \"Officer\"]\non_scene_at = \"Arrived\"\ncleared_at = \"Done\"\n";
    let export = "Incident,Officer,Arrived,Done\n1,101 / 102/101/,10.01.2023 10:00,10.01.2023 10:30\n2,103,n/a,n/a\n3,/,10.01.2023 10:00,10.01.2023 10:30\n";
    let desk = Desk::with(export, recordings("R,101,2023-01-10T16:59:00Z,2023-01-10T17:31:00Z\nS,102,2023-01-12T15:59:00Z,2023-01-12T16:31:00Z\n"))
        .file("own.toml", mapping);
    let ran = calls(&desk, "--cad-mapping own.toml").done();
    assert_eq!(
        decided(&ran),
        [
            "1 101 2023-01-10T17:00:00Z 2023-01-10T17:30:00Z recorded",
            "1 102 2023-01-10T17:00:00Z 2023-01-10T17:30:00Z missing",
            "2 103   unverifiable",
        ]
    );
    assert_eq!(ran.rejected(), ["calls.csv 4 officer_id row"]);
    assert_eq!(ran.counts("calls"), [3, 2, 1, 0]);
}

#[test]
fn a_mapping_that_cannot_be_used() {
    let desk = Desk::in_order()
        .file("key.toml", "timezone = \"America/Denver\"\nzone = \"x\"\n[columns]\ncall_id = \"call_id\"\n")
        .file(
            "column.toml",
            "[columns]\ncall_id = \"call_id\"\nofficer_id = \"officer_id\"\non_scene_at = \"Arrived\"\n",
        )
        .file(
            "zone.toml",
            "timezone = \"Denver\"\n[columns]\ncall_id = \"call_id\"\nofficer_id = \"officer_id\"\n",
        );
    calls(&desk, "--cad-mapping key.toml").refuses(&["key.toml", "line 2", "zone", "docs/mappings.md"]);
    calls(&desk, "--cad-mapping column.toml").refuses(&["calls.csv", "line 1", "Arrived", "is missing"]);
    calls(&desk, "--cad-mapping zone.toml").refuses(&["Denver"]);
    calls(&desk, "--cad-mapping nothing.toml").refuses(&["nothing.toml", "cannot be read"]);
}
