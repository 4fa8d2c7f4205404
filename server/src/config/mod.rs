//! Settings: file, then environment, then command line. Every limit is here, with its default and the reason for it.

mod http;
mod login;
mod media;
mod turn;
mod webhooks;

use std::{net::SocketAddr, path::PathBuf};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

pub use http::HttpSettings;
pub use login::LoginSettings;
pub use media::{AttendanceSettings, MediaSettings};
pub use turn::TurnSettings;
pub use webhooks::{WebhookSettings, WebhookTarget};

/// Name of the settings file looked for in the data folder.
pub const FILE_NAME: &str = "giaoban.toml";

/// All that an operator can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Folder of the database, the secrets and the settings file. Default `./data`.
    pub data: PathBuf,
    /// Where HTTP and signaling listen. Default `127.0.0.1:8080`: nothing is open to the network unasked.
    pub listen: SocketAddr,
    /// `postgres://…` or `sqlite://…`. Default: SQLite in the data folder, which needs no other program.
    pub database_url: Option<String>,
    /// Port of the media plane and what is said to clients about it.
    pub media: MediaSettings,
    /// TURN, for networks that let nothing else pass.
    pub turn: TurnSettings,
    /// Signing in.
    pub login: LoginSettings,
    /// HTTP limits.
    pub http: HttpSettings,
    /// Keeping attendance.
    pub attendance: AttendanceSettings,
    /// Telling programs outside what happens in rooms.
    pub webhooks: WebhookSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            database_url: None,
            media: MediaSettings::default(),
            turn: TurnSettings::default(),
            login: LoginSettings::default(),
            http: HttpSettings::default(),
            attendance: AttendanceSettings::default(),
            webhooks: WebhookSettings::default(),
        }
    }
}

/// What the command line says; it wins over everything.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    /// `--data`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    /// `--listen`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--database-url` or `DATABASE_URL`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    /// `--media-port`
    #[serde(skip)]
    pub media_port: Option<u16>,
}

impl Settings {
    /// Reads `giaoban.toml` of the data folder, `GIAOBAN_…` of the environment (`__` between levels), and the flags.
    pub fn read(flags: &Flags) -> Result<Self, Box<figment::Error>> {
        let data = flags.data.clone().unwrap_or_else(|| Self::default().data);
        let mut figment = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(data.join(FILE_NAME)))
            .merge(Env::prefixed("GIAOBAN_").ignore(&["password", "token", "log"]).split("__"))
            .merge(Serialized::defaults(flags));
        if let Some(port) = flags.media_port {
            figment = figment.merge(Serialized::default("media.port", port));
        }
        figment.extract().map_err(Box::new)
    }

    /// Where the tables are: the URL that was given, or a SQLite file in the data folder.
    pub fn database(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data.join("giaoban.sqlite").display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(
            folder.path().join(FILE_NAME),
            "listen = \"0.0.0.0:9000\"\n[media]\nport = 7001\n[login]\npassword_min_chars = 20\n",
        )?;
        let flags = Flags { data: Some(folder.path().into()), media_port: Some(7002), ..Flags::default() };
        let settings = Settings::read(&flags)?;
        assert_eq!(settings.listen, SocketAddr::from(([0, 0, 0, 0], 9000)));
        assert_eq!(settings.media.port, 7002);
        assert_eq!(settings.login.password_min_chars, 20);
        assert_eq!(settings.login.argon2_passes, LoginSettings::default().argon2_passes);
        Ok(())
    }

    #[test]
    fn a_misspelt_setting_is_refused() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(FILE_NAME), "[login]\npasword_min_chars = 3\n")?;
        let flags = Flags { data: Some(folder.path().into()), ..Flags::default() };
        assert!(Settings::read(&flags).is_err());
        Ok(())
    }
}
