//! `cargo xtask soak`: random transactions over all VMs, for as long as one likes.

use crate::cargo::cargo;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds where none are given: ten minutes.
const SECONDS: u64 = 600;

/// What is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Soak {
    seconds: u64,
    seed: u64,
}

impl Soak {
    fn read(arguments: &[String], seed: u64) -> Result<Self, String> {
        let mut soak = Self { seconds: SECONDS, seed };
        for pair in arguments.chunks(2) {
            let number = pair.get(1).and_then(|value| value.parse().ok());
            match (pair[0].as_str(), number) {
                ("--seconds", Some(number)) => soak.seconds = number,
                ("--seed", Some(number)) => soak.seed = number,
                ("--seconds" | "--seed", None) => return Err(format!("soak: {} takes a number", pair[0])),
                (other, _) => {
                    return Err(format!("soak: unknown argument {other}; there are --seconds N and --seed S"));
                }
            }
        }
        Ok(soak)
    }
}

/// Plays random stories with the test `random` of the executor, in a release build, from a seed that is new each time
/// unless one is given.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    // A story takes less than a second, and the next one has the next seed: two runs never play the same ones.
    let Soak { seconds, seed } = Soak::read(arguments, now.wrapping_mul(1_000))?;
    eprintln!("soak: {seconds} s from the seed {seed}");
    let mut command = cargo(&["test", "--locked", "--release", "--package", "hexapla", "--test", "random"]);
    command.args(["--", "--nocapture"]);
    command.envs([("HEXAPLA_SECONDS", seconds.to_string()), ("HEXAPLA_SEED", seed.to_string())]);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("soak: FAILED ({status}); the story to see again stands above")),
        Err(error) => Err(format!("soak: cargo cannot be started: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Soak, String> {
        Soak::read(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>(), 7)
    }

    #[test]
    fn arguments_are_read_in_any_order() {
        assert_eq!(read(&[]), Ok(Soak { seconds: SECONDS, seed: 7 }));
        assert_eq!(read(&["--seed", "3", "--seconds", "20"]), Ok(Soak { seconds: 20, seed: 3 }));
    }

    #[test]
    fn what_is_no_argument_is_refused_by_name() {
        assert!(read(&["--seconds"]).unwrap_err().contains("--seconds takes a number"));
        assert!(read(&["--seed", "x"]).unwrap_err().contains("--seed takes a number"));
        assert!(read(&["--minutes", "5"]).unwrap_err().contains("--minutes"));
    }
}
