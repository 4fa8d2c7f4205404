//! Argon2id in memory that goes back to the system.
//!
//! glibc keeps freed blocks of up to 32 MiB for the next allocation of the same thread. With argon2's 19 MiB and a pool
//! of threads, a few logins would keep a hundred megabytes for ever. A reservation above that bound is mapped apart and
//! unmapped when dropped; only the pages that are written to are ever real.

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use subtle::ConstantTimeEq as _;

/// Blocks of 1 KiB to reserve at least: one more than what glibc would keep.
const RESERVED_BLOCKS: usize = 33 * 1024;

/// Length of a hash.
const HASH_BYTES: usize = 32;

/// The PHC text of a password, with a fresh salt.
pub fn hash(params: &Params, password: &str) -> Result<String, Error> {
    let salt = Salt::generate();
    let output = compute(params, password, salt.as_ref())?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| Error::Internal)?,
        salt: Some(salt),
        hash: Some(Output::new(&output).map_err(|_| Error::Internal)?),
    };
    Ok(hash.to_string())
}

/// Whether the password is the one behind the PHC text, computed with the parameters that the text names.
pub fn verify(stored: &str, password: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return false };
    let same_kind = stored.algorithm == ARGON2ID_IDENT && stored.version == Some(Version::V0x13.into());
    let Ok(params) = Params::try_from(&stored) else { return false };
    let Ok(computed) = compute(&params, password, salt.as_ref()) else { return false };
    same_kind && bool::from(computed.ct_eq(expected.as_bytes()))
}

fn compute(params: &Params, password: &str, salt: &[u8]) -> Result<[u8; HASH_BYTES], Error> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut memory: Vec<Block> = Vec::with_capacity(params.block_count().max(RESERVED_BLOCKS));
    memory.resize(params.block_count(), Block::new());
    let mut output = [0; HASH_BYTES];
    argon2
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut output, &mut memory[..])
        .map_err(|_| Error::Internal)?;
    Ok(output)
}
