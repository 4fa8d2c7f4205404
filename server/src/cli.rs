//! The command line.

mod webhooks;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Args, Parser, Subcommand};
use schema::{
    field::FieldError,
    role::{Grant, Role},
};
use tracing_subscriber::EnvFilter;

use crate::{
    app::App,
    auth::actor::Actor,
    clock::SystemClock,
    config::{Flags, Settings},
    demo,
    language::Language,
    probe,
    rooms::FakeRooms,
    router,
    service::{
        Refusal,
        accounts::{self, CreateAccount},
    },
    serving, texts,
};

/// Giao ban điện tử: book briefings, hold them, report what they saved.
#[derive(Debug, Parser)]
#[command(name = "giaoban", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the schedule, the rooms and the browser UI.
    Serve(Place),
    /// The same with the sample province of 2013, made on the first start in the data folder.
    Demo(Place),
    /// Bring the database to this version and stop.
    Migrate(Place),
    /// Administrators.
    #[command(subcommand)]
    Admin(Admin),
    /// Join a session like an endpoint and measure the line. Ends with 0 when every figure is within its limit, with 3
    /// when one is not, with 4 when the session cannot be joined.
    Probe(Box<probe::ProbeArgs>),
    /// Programs outside that are told what happens in rooms.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Print the OpenAPI document.
    Openapi,
}

/// What can be done about administrators.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Create an administrator. The password is read from the environment (`GIAOBAN_PASSWORD`) or from the first line
    /// of standard input.
    Create {
        /// Name to sign in with.
        username: String,
        /// Name that others see.
        #[arg(long)]
        display_name: Option<String>,
        /// Password; better left to the environment or standard input, where other users do not see it.
        #[arg(long, env = "GIAOBAN_PASSWORD", hide_env_values = true)]
        password: Option<String>,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// Where things are.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// Folder of the database, the secrets and the settings file [default: data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where HTTP and signaling listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// UDP and TCP port of the media plane; 0 takes a free one [default: 7882]
    #[arg(long, value_name = "PORT")]
    pub media_port: Option<u16>,
    /// `postgres://…` or `sqlite://…` [default: SQLite in the data folder]
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
}

impl Place {
    /// The settings that hold there.
    pub fn settings(self) -> anyhow::Result<Settings> {
        let flags = Flags {
            data: self.data,
            listen: self.listen,
            database_url: self.database_url,
            media_port: self.media_port,
        };
        Ok(Settings::read(&flags)?)
    }
}

/// Runs the command.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    start_log(&cli.command);
    match cli.command {
        Command::Probe(args) => return in_runtime(probe::run(&args)),
        Command::Openapi => {
            let document = router::openapi().to_pretty_json()?;
            say(format_args!("{document}"))?;
        }
        Command::Serve(place) => in_runtime(serve(place.settings()?))?,
        Command::Demo(place) => in_runtime(demo(place.settings()?))?,
        Command::Migrate(place) => in_runtime(migrate(place.settings()?))?,
        Command::Webhooks(command) => in_runtime(webhooks::run(command))?,
        Command::Admin(Admin::Create { username, display_name, password, place }) => {
            let password = password.map_or_else(password_from_input, Ok)?;
            let display_name = display_name.unwrap_or_else(|| username.clone());
            in_runtime(create_admin(place.settings()?, username, display_name, password))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

/// Log lines go to standard error, so that what a person asked for stands alone on standard output. A line that cannot
/// be written (a full disk under a log file) is dropped: complaining about it on the same stream would panic.
fn start_log(command: &Command) {
    // A probe has its report; what the libraries below it think on the way helps nobody.
    let usual = match command {
        Command::Probe(_) => "off,server=warn",
        _ => "info,sqlx=warn,rtc_dtls=error",
    };
    let filter = EnvFilter::try_from_env("GIAOBAN_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false)
        .init();
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let running = serving::start(settings).await?;
    say(format_args!("giaoban: {}", running.url()))?;
    running.serve(serving::told_to_stop()).await
}

async fn demo(settings: Settings) -> anyhow::Result<()> {
    let logins = demo::prepare(&settings).await?;
    let running = serving::start(settings).await?;
    for login in logins {
        say(format_args!("{login}"))?;
    }
    say(format_args!("giaoban: {}", running.url()))?;
    running.serve(serving::told_to_stop()).await
}

async fn migrate(settings: Settings) -> anyhow::Result<()> {
    let store = serving::open_store(&settings).await?;
    say(format_args!("the database is up to date ({})", store.backend()))?;
    store.close().await;
    Ok(())
}

async fn create_admin(
    settings: Settings,
    username: String,
    display_name: String,
    password: String,
) -> anyhow::Result<()> {
    let store = serving::open_store(&settings).await?;
    let app = App::new(settings, store, Arc::new(FakeRooms::default()), Arc::new(SystemClock)).await?;
    let grants = vec![Grant { role: Role::Administrator, unit_id: None }];
    let new = CreateAccount { username, display_name, password, unit_id: None, endpoint_id: None, grants };
    let created = accounts::create(&app, &Actor::system(), new).await.map_err(|refusal| match refusal {
        Refusal::Invalid(errors) => anyhow::anyhow!("{}", in_words(&errors)),
        other => other.into(),
    })?;
    say(format_args!("created the administrator {}", created.account.username))?;
    app.store.close().await;
    Ok(())
}

/// A line for whoever started the program.
fn say(line: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn in_words(errors: &[FieldError]) -> String {
    let line = |error: &FieldError| format!("{}: {}", error.field, texts::field(error.code, Language::En));
    errors.iter().map(line).collect::<Vec<_>>().join("; ")
}

fn password_from_input() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
