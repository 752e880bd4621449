//! Which declarations logs are read by, and what can be expected of a log.

mod support;

use support::Sandbox;

const HEAD: &str = "[accounts]\nalice = \"1 ether\"\n[[step]]\ndeploy = \"nft\"\nartefact = \"{cases}/nft.hex\"\n\
                    [[step]]\ndeploy = \"ix\"\nartefact = \"{cases}/Ix.json\"\n";

fn tested(call: &str, events: &str) -> (i32, String) {
    let sandbox = Sandbox::new();
    sandbox.write("scenario.toml", &format!("{HEAD}[[step]]\n{call}\nexpect = {{ events = [{events}] }}\n"));
    let ran = sandbox.hexapla(&["run", "."]);
    (ran.code, format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn a_log_is_read_by_its_emitters_interface_or_a_standard_and_by_no_other() {
    let call = "call = \"nft\"\nraw = \"0x\"";
    assert_eq!(tested(call, "\"nft.Anon4\"").0, 1);
    let (code, shown) = tested(call, "\"nft.Transfer(_, _, 7)\"");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("emit Transfer(from: 0x1, to: 0x2, tokenId: 7)"), "{shown}");
    for wrong in ["\"Transfr\"", "\"nfft.Transfer\"", "\"Transfer(_, _, 8)\"", "", "\"Transfer\", \"Transfer\""] {
        assert_eq!(tested(call, wrong).0, 1, "{wrong}");
    }
}

#[test]
fn a_log_that_nobody_can_decode_is_expected_by_its_bytes() {
    let sandbox = Sandbox::new();
    let text = format!("{HEAD}[[step]]\ncall = \"ix.all\"\nexpect = {{ events = [\"x\"] }}\n");
    sandbox.write("scenario.toml", &text);
    sandbox.hexapla(&["test", ".", "--update"]).exits(1);
    let written = sandbox.read("scenario.toml");
    assert!(written.contains("ix.log([]") || written.contains("ix.log([0x"), "{written}");
    sandbox.hexapla(&["test", "."]).exits(0);
    // One byte of it less is another log.
    let broken = written.replacen("ix.log([", "ix.log([0x00, ", 1);
    sandbox.write("scenario.toml", &broken);
    assert_ne!(sandbox.hexapla(&["test", "."]).code, 0);
}

#[test]
fn coin_that_is_sent_on_amsterdam_is_an_event_that_can_be_expected() {
    let sandbox = Sandbox::new();
    let text = "[chain]\nspec = \"amsterdam\"\n[accounts]\nalice = \"1 ether\"\nbob = 0\n[[step]]\ncall = \"bob\"\nvalue = 5\n";
    sandbox.write("scenario.toml", &format!("{text}expect = {{ events = [\"Transfer(alice, bob, 5)\"] }}\n"));
    sandbox.hexapla(&["test", "."]).exits(0);
    sandbox.write("scenario.toml", &format!("{text}expect = {{ events = [] }}\n"));
    sandbox.hexapla(&["test", ".", "--update"]).exits(1);
    sandbox.hexapla(&["test", "."]).exits(0);
}
