//! Who may write where native code is read from, and what becomes of damaged files.

use super::*;

const ENGINE: B256 = B256::repeat_byte(1);
const MODULE: B256 = B256::repeat_byte(2);

fn open(folder: &Path) -> Result<Store, SetupError> {
    Store::open(Some(folder), 1 << 20)
}

fn keep(store: &Store, module: B256, bytes: &[u8]) {
    store.keep(ENGINE, module, || Some(bytes.to_vec()));
}

fn loaded(store: &Store, module: B256) -> Option<Vec<u8>> {
    store.load(ENGINE, module).map(|artefact| artefact.bytes().to_vec())
}

fn only_file(folder: &Path) -> PathBuf {
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn what_is_kept_is_found_again_by_engine_and_module() {
    let folder = tempfile::tempdir().unwrap();
    keep(&open(folder.path()).unwrap(), MODULE, b"native code");
    let again = open(folder.path()).unwrap();
    assert_eq!(loaded(&again, MODULE).as_deref(), Some(&b"native code"[..]));
    assert!(again.load(ENGINE, ENGINE).is_none());
    assert!(again.load(MODULE, MODULE).is_none());
}

#[test]
fn every_damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    let artefact: Vec<u8> = (0..100).collect();
    keep(&store, MODULE, &artefact);
    let file = only_file(folder.path());
    let sound = fs::read(&file).unwrap();
    for position in 0..sound.len() {
        let mut damaged = sound.clone();
        damaged[position] ^= 0x10;
        fs::write(&file, damaged).unwrap();
        assert_eq!(loaded(&store, MODULE), None, "byte {position}");
        assert!(!file.exists(), "it makes room for a sound one");
        keep(&store, MODULE, &artefact);
    }
    for length in 0..sound.len() {
        fs::write(&file, &sound[..length]).unwrap();
        assert_eq!(loaded(&store, MODULE), None, "length {length}");
        keep(&store, MODULE, &artefact);
    }
    assert_eq!(loaded(&store, MODULE), Some(artefact));
}

#[test]
fn the_folder_keeps_its_bound_and_the_oldest_files_go_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Some(folder.path()), 10_000).unwrap();
    for index in 0..100 {
        keep(&store, B256::with_last_byte(index), &[index; 500]);
        let bytes: u64 =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes <= 10_000);
    }
    assert_eq!(loaded(&store, B256::with_last_byte(0)), None);
    assert_eq!(loaded(&store, B256::with_last_byte(99)), Some(vec![99; 500]));
    // What another process has left counts.
    let again = Store::open(Some(folder.path()), 1_000).unwrap();
    keep(&again, MODULE, &[1; 500]);
    assert!(fs::read_dir(folder.path()).unwrap().count() <= 1);
}

#[test]
fn a_temporary_folder_is_made_when_it_is_needed_and_goes_with_the_store() {
    let store = Store::open(None, 1 << 20).unwrap();
    assert!(store.load(ENGINE, MODULE).is_none());
    let Place::Temporary(folder) = &store.place else { panic!() };
    assert!(folder.get().is_none());
    keep(&store, MODULE, b"native code");
    assert_eq!(loaded(&store, MODULE).as_deref(), Some(&b"native code"[..]));
    let path = store.folder().unwrap().path.clone();
    assert!(path.exists());
    drop(store);
    assert!(!path.exists());
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn refusal(folder: &Path) -> String {
        match open(folder) {
            Err(error @ SetupError::UnsafeCacheFolder { .. }) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("{} was accepted", folder.display()),
        }
    }

    #[test]
    fn a_missing_folder_is_made_for_its_owner_alone_and_so_are_the_files() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a/b");
        let store = open(&folder).unwrap();
        keep(&store, MODULE, b"native code");
        assert_eq!([mode(&base.path().join("a")), mode(&folder)], [0o700; 2]);
        assert_eq!(mode(&only_file(&folder)), 0o600);
    }

    #[test]
    fn a_folder_in_which_others_may_write_is_refused() {
        for others in [0o020, 0o002, 0o022, 0o077] {
            let folder = tempfile::tempdir().unwrap();
            chmod(folder.path(), 0o700 | others);
            let message = refusal(folder.path());
            assert!(message.contains("others may write to it"), "{message}");
            assert!(message.contains("chmod 700"), "{message}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
            chmod(folder.path(), 0o755);
            assert!(open(folder.path()).is_ok(), "reading does no harm");
        }
    }

    #[test]
    fn a_link_to_a_folder_is_refused_and_nothing_is_written_where_it_leads() {
        let base = tempfile::tempdir().unwrap();
        let (real, link) = (base.path().join("real"), base.path().join("link"));
        fs::create_dir(&real).unwrap();
        symlink(&real, &link).unwrap();
        assert!(refusal(&link).contains("it is a symbolic link"));
        symlink(base.path().join("nowhere"), base.path().join("dangling")).unwrap();
        assert!(refusal(&base.path().join("dangling")).contains("it is a symbolic link"));
        assert_eq!(fs::read_dir(&real).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_place_of_the_folder_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("file");
        fs::write(&file, b"").unwrap();
        assert!(open(&file).is_err());
    }

    #[test]
    fn a_folder_that_others_could_replace_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("folder");
        fs::create_dir(&folder).unwrap();
        chmod(&folder, 0o700);
        chmod(base.path(), 0o777);
        assert!(refusal(&folder).contains("anybody may write to"));
        chmod(base.path(), 0o1777);
        assert!(open(&folder).is_ok(), "as in /tmp, only the owner can rename it");
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let uid = private::user(folder.path(), "probe").unwrap();
        assert_eq!(private::folder_fault(folder.path(), uid).unwrap(), None);
        let fault = private::folder_fault(folder.path(), uid + 1).unwrap().unwrap();
        assert_eq!(fault, format!("it belongs to the user {uid}, but this process runs as {}", uid + 1));
    }

    #[test]
    fn files_that_others_may_have_written_are_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        keep(&store, MODULE, b"native code");
        let file = only_file(folder.path());
        for others in [0o020, 0o002] {
            chmod(&file, 0o600 | others);
            assert_eq!(loaded(&store, MODULE), None);
        }
        chmod(&file, 0o600);
        assert_eq!(loaded(&store, MODULE).as_deref(), Some(&b"native code"[..]));
        assert!(private::open_file(&file, store.folder().unwrap().uid + 1).is_none());
        // A link to a sound file.
        let target = elsewhere.path().join("sound");
        fs::rename(&file, &target).unwrap();
        symlink(&target, &file).unwrap();
        assert_eq!(loaded(&store, MODULE), None);
        // It is replaced, and what it led to stays as it was.
        keep(&store, MODULE, b"other code");
        assert_eq!(loaded(&store, MODULE).as_deref(), Some(&b"other code"[..]));
        assert!(!fs::symlink_metadata(&file).unwrap().is_symlink());
        assert!(target.exists());
    }
}
