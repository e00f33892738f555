//! Copies of the store that were read back before anybody relies on them.

use std::path::{Path, PathBuf};

use crate::model::maintain::{BackupReport, MaintenanceReport};
use crate::model::{Micros, Problem};
use crate::service::{Service, ServiceError};

/// The folder beside the store for copies that are asked for by name: a browser must not choose paths.
const FOLDER: &str = "backups";

/// Longest name of a copy, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// Whether `name` can only be a file in the folder for copies.
///
/// # Errors
/// [`Problem`] that says what a name looks like.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('.') {
        return Ok(());
    }
    Err(Problem::bad_request(format!(
        "`{name}` is no name for a backup; use up to {NAME_BYTES_MAX} letters, digits, `.`, `-` and `_`, and no folder"
    )))
}

impl Service {
    /// Copies the store to `target`, reads the copy back, and says what it holds. Writers go on meanwhile.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when `target` exists, cannot be written, or does not hold what it should.
    pub async fn backup(&self, target: &Path) -> Result<BackupReport, ServiceError> {
        let copied = self.store().backup(target).await?;
        let bytes = std::fs::metadata(target).map_or(0, |found| found.len());
        Ok(BackupReport { file: target.display().to_string(), bytes, records: copied.iter().sum() })
    }

    /// Copies the store into its folder for copies, under `name` or one made from the time.
    pub(super) async fn backup_as(&self, name: Option<&str>, now: Micros) -> Result<MaintenanceReport, ServiceError> {
        let folder = self.backup_folder();
        std::fs::create_dir_all(&folder)
            .map_err(|source| crate::store::StoreError::Unreadable { path: folder.clone(), source })?;
        let made = || format!("swarmscope-{}.db", now.to_rfc3339().replace([':', '.'], "-"));
        let target = folder.join(name.map_or_else(made, str::to_owned));
        self.desk.step("copying, and reading the copy back", 0, 0);
        let backup = self.backup(&target).await?;
        Ok(MaintenanceReport { backup: Some(backup), ..MaintenanceReport::default() })
    }

    fn backup_folder(&self) -> PathBuf {
        self.store().path().parent().unwrap_or_else(|| Path::new("")).join(FOLDER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_the_folder() {
        for good in ["a", "2026-01-01.db", "before_upgrade.db"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x.db", "/etc/passwd", "a/b", "a\\b", ".hidden", "x\0", &"x".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
