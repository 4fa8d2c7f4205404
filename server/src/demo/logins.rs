//! Accounts of the sample: one for each role, one for each endpoint; their passwords lie in a file of the data folder
//! that only its owner can read.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::Context as _;
use rand::{TryRngCore as _, rngs::OsRng};
use schema::{
    id::{EndpointId, UnitId},
    role::{Grant, Role},
};

use super::people::Province;
use crate::{
    app::App,
    auth::actor::Actor,
    service::accounts::{self, CreateAccount},
};

/// Name of the file.
pub const FILE_NAME: &str = "logins.txt";

/// Letters and digits that are not taken for one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A login to hand out.
pub struct Login {
    username: String,
    password: String,
    display_name: String,
}

struct Wanted<'a> {
    username: &'a str,
    display_name: String,
    role: Role,
    unit: Option<UnitId>,
    works_for: UnitId,
    endpoint: Option<EndpointId>,
}

/// Makes all accounts.
pub async fn make(app: &App, province: &Province) -> anyhow::Result<Vec<Login>> {
    let root = province.host.unit;
    let of_the_house = [
        ("quantri", "Quản trị hệ thống", Role::Administrator),
        ("thuky", "Thư ký, Văn phòng UBND tỉnh", Role::Secretary),
        ("chanhvanphong", "Chánh Văn phòng UBND tỉnh", Role::ChiefOfOffice),
        ("vanhanh", "Người vận hành hệ thống", Role::Operator),
        ("kythuat", "Cán bộ kỹ thuật của tỉnh", Role::Technician),
        ("lanhdao", "Lãnh đạo UBND tỉnh", Role::Leader),
    ];
    let mut logins = Vec::new();
    for (username, display_name, role) in of_the_house {
        let display_name = display_name.to_owned();
        let wanted = Wanted { username, display_name, role, unit: None, works_for: root, endpoint: None };
        logins.push(account(app, wanted).await?);
    }
    for place in province.places() {
        let wanted = Wanted {
            username: &place.key,
            display_name: format!("Điểm cầu {}", place.short_name),
            role: Role::Technician,
            unit: Some(place.unit),
            works_for: place.unit,
            endpoint: Some(place.endpoint),
        };
        logins.push(account(app, wanted).await?);
    }
    Ok(logins)
}

async fn account(app: &App, wanted: Wanted<'_>) -> anyhow::Result<Login> {
    let password = password(app)?;
    let new = CreateAccount {
        username: wanted.username.to_owned(),
        display_name: wanted.display_name.clone(),
        password: password.clone(),
        unit_id: Some(wanted.works_for),
        endpoint_id: wanted.endpoint,
        grants: vec![Grant { role: wanted.role, unit_id: wanted.unit }],
    };
    let made = accounts::create(app, &Actor::system(), new).await?;
    Ok(Login { username: made.account.username, password, display_name: wanted.display_name })
}

/// Three groups of four that a person can type, sixty bits of chance: `Kq7m-x2vb-9fhd`.
fn password(app: &App) -> anyhow::Result<String> {
    loop {
        let mut bytes = [0_u8; 12];
        OsRng.try_fill_bytes(&mut bytes).context("the system has no randomness to give")?;
        let mut password = String::new();
        for (place, byte) in bytes.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                password.push('-');
            }
            let letter = char::from(LETTERS[usize::from(byte % 32)]);
            password.push(if place == 0 { letter.to_ascii_uppercase() } else { letter });
        }
        if app.passwords.fault(&password).is_none() {
            return Ok(password);
        }
    }
}

/// Keeps the logins, one a line.
pub fn write(file: &Path, logins: &[Login]) -> anyhow::Result<()> {
    let mut open = fs::OpenOptions::new();
    let mut out = open
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))?;
    for login in logins {
        writeln!(out, "{:<14} {}  {}", login.username, login.password, login.display_name)?;
    }
    Ok(out.sync_all()?)
}

/// The logins as kept, one a line; none when the file was taken away.
pub fn read(file: &Path) -> anyhow::Result<Vec<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}
