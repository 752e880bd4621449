//! Steps that are played several times, invariants, and files that are included.

mod support;

use support::{Ran, Sandbox};

const HEAD: &str = r#"
[accounts]
alice = "100 ether"
bob = 0
[keys]
erin = { keypair = true, lamports = 10_000_000_000 }
fresh = {}
[[step]]
deploy = "token"
artefact = "{contracts}/evm/token/Token.json"
args = ["Token", "T", "10e18"]
"#;

fn play(head: &str, steps: &str) -> (Sandbox, Ran) {
    support::play(&format!("{head}{steps}"))
}

#[test]
fn a_step_is_played_with_each_row_of_a_table() {
    let (_, ran) = play(
        HEAD,
        r#"
[[step]]
label = "pays"
call = "token.transfer"
args = ["$to", "$amount"]
cases = [{ to = "bob", amount = 1, sum = 1 }, { to = "0x00000000000000000000000000000000000000aa", amount = "2e18", sum = "2e18" }, { to = "bob", amount = 3, sum = 4 }]
expect = { returns = true, events = ["Transfer(alice, $to, $amount)"], views = { "token.balanceOf($to)" = "$sum" } }
[[step]]
from = "erin"
call = "system-program.transfer_sol"
accounts = { destination = "fresh" }
args = ["$lamports"]
cases = [{ lamports = 2_000_000 }, { lamports = 5 }]
expect = { lamports = { fresh = "$lamports" } }
[[step]]
check = "what stays"
expect = { balance = { "$who" = "$wei" } }
cases = [{ who = "alice", wei = "100 ether" }, { who = "bob", wei = 0 }]
"#,
    );
    // The second payment to `fresh` adds to the first.
    let ran = ran.exits(1).says("observed 2_000_005");
    assert!(ran.stdout.contains("pays (to = bob, amount = 3, sum = 4)"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 of "), "{}", ran.stdout);
}

#[test]
fn random_cases_hold_or_the_smallest_that_does_not_is_shown() {
    let step = r#"
[[step]]
call = "token.transfer"
args = ["$to", "$amount"]
fuzz = { amount = { type = "uint256", min = 1, max = "MAX" }, to = "address" }
expect = { returns = true }
[[step]]
check = "nothing stays"
expect = { views = { "token.balanceOf(alice)" = "10e18" } }
"#;
    // The zero address takes nothing.
    let ran = play(HEAD, &step.replace("MAX", "10e18")).1.exits(1).says("ERC20InvalidReceiver");
    assert!(ran.stdout.contains("(amount = 1, to = 0x0000000000000000000000000000000000000000; run"), "{}", ran.stdout);
    let step = step.replace(r#", to = "address""#, "").replace("$to", "bob");
    let ran = play(HEAD, &step.replace("MAX", "10e18")).1.exits(0);
    assert!(ran.stdout.contains("256 random cases hold (seed 0)"), "{}", ran.stdout);
    let ran = play(HEAD, &step.replace("MAX", "20e18")).1.exits(1).says("ERC20InsufficientBalance");
    assert!(ran.stdout.contains("(amount = 10000000000000000001; run "), "{}", ran.stdout);
    let again = play(HEAD, &step.replace("MAX", "20e18")).1;
    assert_eq!(without_time(&ran.stdout), without_time(&again.stdout), "the same seed, the same cases");
}

fn without_time(text: &str) -> Vec<&str> {
    // The title is the name of the folder.
    text.lines().skip(1).filter(|line| !line.starts_with("time")).collect()
}

#[test]
fn columns_stand_for_names_keys_texts_and_failures() {
    play(
        HEAD,
        r#"
[[step]]
call = "token.transfer"
args = ["bob", "$a"]
cases = [{ a = "2000e18", r = "ERC20InsufficientBalance", f = "revert" }]
expect = { reverts = "$r", fault = "$f" }
[[step]]
from = "erin"
call = "system-program.transfer_sol"
accounts = { destination = "$to" }
args = ["1 sol"]
cases = [{ to = "fresh" }]
expect = { lamports = { "$to" = "1 sol" } }
[[step]]
from = "erin"
invoke = "spl-memo"
data = { text = "$t" }
cases = [{ t = "a" }, { t = "b" }]
expect = { views = { "token.balance_of($who)" = 0 } }
[[step]]
check = "either spelling"
expect = { views = { "token.balance_of(bob)" = 0 } }
"#
        .replace("{ t = \"a\" }, { t = \"b\" }", "{ t = \"a\", who = \"bob\" }")
        .as_str(),
    )
    .1
    .exits(0);
    let lane = "[[step]]\nfrom = \"$w\"\ninvoke = \"spl-memo\"\ndata = \"0x41\"\ncases = [{ w = \"erin\" }]\n";
    play(HEAD, lane).1.exits(2).says("`erin` signs transactions of another lane");
    let poor = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", 0]\nvalue = \"$v\"\nexpect = { fault = \"revert\" }\ncases = [{ v = 1 }, { v = \"1000 ether\" }]\n";
    let ran = play(HEAD, poor).1.exits(1);
    assert!(
        ran.stdout.contains("(v = 1000 ether)") && ran.stdout.contains("not accepted: LackOfFund"),
        "{}",
        ran.stdout
    );
}

#[test]
fn random_values_are_bounded_and_leave_no_trace_in_the_root() {
    let fuzz = |ty: &str| format!("[[step]]\ncheck = \"x\"\nexpect = {{}}\nfuzz = {{ a = \"{ty}\" }}\nruns = 2\n");
    for ty in ["uint8[1000000000]", "uint8[1000][1000][1000]", "uint8[][][][][][][][][]"] {
        play(HEAD, &fuzz(ty)).1.exits(2).says("can have more than 100000 parts");
    }
    let root = |text: &str| text.lines().find(|line| line.starts_with("state root")).unwrap().to_owned();
    let pays = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", \"$b\"]\nfuzz = { b = { type = \"uint256\", min = 5, max = 99 } }\nruns = 3\n";
    assert_eq!(root(&play(HEAD, pays).1.exits(0).stdout), root(&play(HEAD, "").1.exits(0).stdout));
}

#[test]
fn what_a_random_case_saves_is_gone_behind_it() {
    let steps = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", \"$b\"]\nsave = \"done\"\nfuzz = { b = { type = \"u8\" } }\nruns = 2\n[[step]]\ncheck = \"x\"\nexpect = { views = { \"token.balanceOf(bob)\" = \"$done\" } }\n";
    play(HEAD, steps).1.exits(2).says("nothing was saved as `done`");
}

#[test]
fn words_about_cases_that_say_nothing_are_errors_with_their_place() {
    for (step, message) in [
        ("check = \"x\"\nexpect = {}\ncases = []", "`cases` has no case"),
        ("check = \"x\"\nexpect = {}\ncases = [5]", "must be a table"),
        ("check = \"x\"\nexpect = {}\nruns = 5", "`runs` and `seed` belong to `fuzz`"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = \"uint9\" }", "`uint9` is not a type"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = { type = \"bool\", min = 1 } }", "bool has no `min` and `max`"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = { type = \"u8\", min = 9, max = 1 } }", "no number is from 9 to 1"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = { type = \"u8\", max = 256 } }", "does not fit u8"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = \"u8\" }\nruns = 0", "`runs` goes from 1 to 1000000"),
        ("check = \"x\"\nexpect = {}\nfuzz = { a = \"u8\" }\ncases = [{ a = 1 }]", "both say with which values"),
        ("snapshot = \"x\"\ncases = [{ a = 1 }]", "this step is played once"),
        ("call = \"token.transfer\"\nargs = [\"bob\", \"$amont\"]\ncases = [{ amount = 1 }]", "did you mean `amount`?"),
        ("call = \"$pair.totalSupply()(uint256)\"", "nothing was saved as `pair`"),
    ] {
        play(HEAD, &format!("[[step]]\n{step}\n")).1.exits(2).says(message);
    }
}

#[test]
fn invariants_hold_after_each_step_from_which_their_names_are_known() {
    let invariants = r#"[invariants]
views = { "token.totalSupply()" = "10e18", "token.balanceOf(bob)" = 0 }
balance = { bob = 0 }
"#;
    let quiet = "[[step]]\ncall = \"token.transfer\"\nargs = [\"alice\", 1]\n";
    let loud = "[[step]]\ncall = \"token.transfer\"\nargs = [\"bob\", \"$amount\"]\n";
    play(&format!("{invariants}{HEAD}"), quiet).1.exits(0);
    let ran = play(&format!("{invariants}{HEAD}"), &loud.replace("$amount", "7")).1.exits(1);
    ran.says("step 2: invariant: token.balanceOf(bob) is not as expected").says("observed 7");
    let fuzzed = format!("{loud}fuzz = {{ amount = {{ type = \"u64\", max = \"1e18\" }} }}\n");
    let ran = play(&format!("{invariants}{HEAD}"), &fuzzed).1.exits(1);
    assert!(ran.stdout.contains("(amount = 1; run "), "{}", ran.stdout);
    let unknown = "[invariants]\nviews = { \"tokn.totalSupply()\" = 1 }\n";
    play(&format!("{unknown}{HEAD}"), quiet).1.exits(2).says("the invariant `tokn.totalSupply()` was never compared");
    let transaction = "[invariants]\nreverts = \"x\"\n";
    play(&format!("{transaction}{HEAD}"), quiet).1.exits(2).says("has no key `reverts`");
}

#[test]
fn what_is_saved_is_called_and_sends() {
    play(
        HEAD,
        r#"
[[step]]
call = "$it.balanceOf(address)(uint256)"
from = "$who"
args = ["$who"]
cases = [{ it = "token", who = "alice" }]
expect = { returns = "10e18" }
"#,
    )
    .1
    .exits(0);
}

#[test]
fn included_files_come_first_once_each_with_places_of_their_own() {
    let sandbox = Sandbox::new();
    sandbox.write("common/token.toml", &HEAD.replace("[accounts]", "[chain]\nchain_id = 5\ntimestamp = 7\n[accounts]"));
    sandbox.write("common/more.toml", "include = \"token.toml\"\n[accounts]\ncarol = 5\n");
    let own = "title = \"Own\"\ninclude = [\"common/more.toml\", \"common/token.toml\"]\n[chain]\nchain_id = 6\n[[step]]\ncall = \"token.transfer\"\nargs = [\"carol\", 1]\nexpect = { returns = [false] }\n";
    sandbox.write("scenario.toml", own);
    let ran = sandbox.hexapla(&["run", "."]).exits(1);
    ran.says("step 2: returns is not as expected").says("scenario.toml:8:");
    sandbox.hexapla(&["test", ".", "--update"]);
    sandbox.hexapla(&["test", "."]).exits(0);
    assert_eq!(sandbox.read("scenario.toml"), own.replace("false", "true"));

    sandbox.write("common/more.toml", "include = \"token.toml\"\n[accounts]\ncarol = \"5 eth\"\n");
    sandbox.hexapla(&["run", "."]).exits(2).says("more.toml:3:9");
    sandbox.write("common/more.toml", "include = \"token.toml\"\n[accounts\n");
    sandbox.hexapla(&["run", "."]).exits(2).says("more.toml:2:");
    sandbox.write("common/more.toml", "include = \"../scenario.toml\"\n");
    sandbox.hexapla(&["run", "."]).exits(2).says("includes itself");
    sandbox.write("common/more.toml", "include = \"/dev/zero\"\n");
    sandbox.hexapla(&["run", "."]).exits(2).says("/dev/zero is not a file");
    sandbox.write("common/more.toml", "include = \"nothing.toml\"\n");
    sandbox.hexapla(&["run", "."]).exits(2).says("nothing.toml");
}
