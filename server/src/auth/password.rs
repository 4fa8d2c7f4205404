//! Passwords: argon2id on a blocking thread, a few at once, the same work for a name that does not exist.

use std::sync::Arc;

use argon2::Params;
use schema::field::FieldCode;
use tokio::sync::Semaphore;

use super::argon;
use crate::config::LoginSettings;

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    params: Params,
    at_once: Arc<Semaphore>,
    /// Checked when the name is unknown, so that the answer takes as long.
    nobody: Arc<str>,
    min_chars: usize,
    max_chars: usize,
}

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The parameters in the settings are outside what argon2 allows.
    #[error("argon2 parameters: {0}")]
    Parameters(argon2::Error),
    /// Hashing failed, for example without memory.
    #[error("hashing failed: {0}")]
    Hashing(argon2::password_hash::Error),
    /// The program is stopping.
    #[error("hashing was cut off")]
    Stopped,
}

impl Passwords {
    /// With the parameters of the settings.
    pub fn new(settings: &LoginSettings) -> Result<Self, PasswordError> {
        let params = Params::new(settings.argon2_memory_kib, settings.argon2_passes, 1, None)
            .map_err(PasswordError::Parameters)?;
        let nobody = argon::hash(&params, "nobody has this password").map_err(PasswordError::Hashing)?;
        Ok(Self {
            params,
            at_once: Arc::new(Semaphore::new(settings.argon2_at_once.max(1))),
            nobody: nobody.into(),
            min_chars: settings.password_min_chars,
            max_chars: settings.password_max_chars,
        })
    }

    /// What is wrong with a new password, if anything: length, and four classes of characters.
    pub fn fault(&self, password: &str) -> Option<FieldCode> {
        let chars = password.chars().count();
        if chars < self.min_chars {
            return Some(FieldCode::TooShort);
        }
        if chars > self.max_chars {
            return Some(FieldCode::TooLong);
        }
        let has = |class: fn(char) -> bool| password.chars().any(class);
        let all = has(char::is_lowercase)
            && has(char::is_uppercase)
            && has(char::is_numeric)
            && has(|c| !c.is_alphanumeric());
        (!all).then_some(FieldCode::TooWeak)
    }

    /// The text to store for a password.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let params = self.params.clone();
        self.off_thread(move || argon::hash(&params, &password)).await?.map_err(PasswordError::Hashing)
    }

    /// Whether `password` is the one behind `stored`. With nothing stored it takes as long and says no.
    pub async fn check(&self, stored: Option<&str>, password: &str) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.nobody).to_owned();
        let too_long = password.chars().count() > self.max_chars;
        let password = if too_long { String::new() } else { password.to_owned() };
        let right = self.off_thread(move || argon::verify(&stored, &password)).await?;
        Ok(right && known && !too_long)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = Arc::clone(&self.at_once).acquire_owned().await.map_err(|_| PasswordError::Stopped)?;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        })
        .await
        .map_err(|_| PasswordError::Stopped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Passwords {
        Passwords::new(&LoginSettings { argon2_memory_kib: 64, argon2_passes: 1, ..LoginSettings::default() })
            .unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let passwords = cheap();
        let stored = passwords.hash("Thử-mật-khẩu-2026".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert!(passwords.check(Some(&stored), "Thử-mật-khẩu-2026").await.unwrap());
        assert!(!passwords.check(Some(&stored), "thử-mật-khẩu-2026").await.unwrap());
        assert!(!passwords.check(Some("not a hash"), "x").await.unwrap());
    }

    #[tokio::test]
    async fn nobody_signs_in_with_the_password_of_nobody() {
        assert!(!cheap().check(None, "nobody has this password").await.unwrap());
    }

    #[test]
    fn a_new_password_is_long_and_has_four_classes() {
        let passwords = cheap();
        assert_eq!(passwords.fault("Ngắn-1"), Some(FieldCode::TooShort));
        assert_eq!(passwords.fault("toàn chữ thường và dài"), Some(FieldCode::TooWeak));
        assert_eq!(passwords.fault(&"Aa1-".repeat(100)), Some(FieldCode::TooLong));
        assert_eq!(passwords.fault("Giao-ban-Điện-Biên-2013"), None);
    }
}
