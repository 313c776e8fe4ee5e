//! The messages of WS-Management that a remote shell needs, as [MS-WSMV] describes them.

use data_encoding::BASE64;
use roxmltree::{Document, Node};

use crate::facts::Cause;
use crate::transport::{Trouble, clip};

const SHELL: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
const CREATE: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create";
const DELETE: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete";
/// The largest message that every WinRM takes and gives.
const ENVELOPE: usize = 153_600;
/// So long the server waits for output before it says that there is none.
const PATIENCE: &str = "PT20S";
/// A shell that nobody comes back to is closed after so long.
const IDLE: &str = "PT180S";

/// Who is written to, by which number.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// The URL of the server.
    pub(super) to: &'a str,
    /// A number that no other message has.
    pub(super) id: String,
    /// The shell, once there is one.
    pub(super) shell: Option<&'a str>,
}

impl Message<'_> {
    pub(super) fn create(&self) -> String {
        let options = [("WINRS_NOPROFILE", "TRUE"), ("WINRS_CODEPAGE", "65001")];
        let body = format!(
            "<r:Shell><r:IdleTimeOut>{IDLE}</r:IdleTimeOut><r:InputStreams>stdin</r:InputStreams>\
             <r:OutputStreams>stdout stderr</r:OutputStreams></r:Shell>"
        );
        self.envelope(CREATE, &options, &body)
    }

    pub(super) fn command(&self, words: &[&str]) -> String {
        // the input is a pipe, not a console that echoes
        let options = [
            ("WINRS_CONSOLEMODE_STDIN", "FALSE"),
            ("WINRS_SKIP_CMD_SHELL", "FALSE"),
        ];
        let (program, arguments) = words.split_first().unwrap_or((&"", &[]));
        let argument = |word: &&str| format!("<r:Arguments>{}</r:Arguments>", escape(word));
        let arguments = arguments.iter().map(argument).collect::<Vec<_>>().concat();
        let body = format!(
            "<r:CommandLine><r:Command>{}</r:Command>{arguments}</r:CommandLine>",
            escape(program)
        );
        self.envelope(&format!("{SHELL}/Command"), &options, &body)
    }

    pub(super) fn send(&self, command: &str, bytes: &[u8]) -> String {
        let body = format!(
            "<r:Send><r:Stream Name=\"stdin\" CommandId=\"{}\">{}</r:Stream></r:Send>",
            escape(command),
            BASE64.encode(bytes)
        );
        self.envelope(&format!("{SHELL}/Send"), &[], &body)
    }

    pub(super) fn receive(&self, command: &str) -> String {
        let options = [("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "TRUE")];
        let body = format!(
            "<r:Receive><r:DesiredStream CommandId=\"{}\">stdout stderr</r:DesiredStream></r:Receive>",
            escape(command)
        );
        self.envelope(&format!("{SHELL}/Receive"), &options, &body)
    }

    pub(super) fn delete(&self) -> String {
        self.envelope(DELETE, &[], "")
    }

    fn envelope(&self, action: &str, options: &[(&str, &str)], body: &str) -> String {
        let option = |(name, value): &(&str, &str)| format!("<w:Option Name=\"{name}\">{value}</w:Option>");
        let options = options.iter().map(option).collect::<Vec<_>>().concat();
        let options = if options.is_empty() {
            options
        } else {
            format!("<w:OptionSet>{options}</w:OptionSet>")
        };
        let selector = |shell| {
            let shell = escape(shell);
            format!("<w:SelectorSet><w:Selector Name=\"ShellId\">{shell}</w:Selector></w:SelectorSet>")
        };
        format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
             xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\" \
             xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\" xmlns:r=\"{SHELL}\"><s:Header>\
             <a:To>{to}</a:To><a:ReplyTo><a:Address s:mustUnderstand=\"true\">\
             http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
             <a:Action s:mustUnderstand=\"true\">{action}</a:Action><a:MessageID>uuid:{id}</a:MessageID>\
             <w:ResourceURI s:mustUnderstand=\"true\">{SHELL}/cmd</w:ResourceURI>\
             <w:MaxEnvelopeSize s:mustUnderstand=\"true\">{ENVELOPE}</w:MaxEnvelopeSize>\
             <w:OperationTimeout>{PATIENCE}</w:OperationTimeout>\
             <w:Locale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>\
             <p:DataLocale xml:lang=\"en-US\" s:mustUnderstand=\"false\"/>{selectors}{options}\
             </s:Header><s:Body>{body}</s:Body></s:Envelope>",
            to = escape(self.to),
            id = self.id,
            selectors = self.shell.map(selector).unwrap_or_default(),
        )
    }
}

fn escape(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => made.push_str("&amp;"),
            '<' => made.push_str("&lt;"),
            '>' => made.push_str("&gt;"),
            '"' => made.push_str("&quot;"),
            c => made.push(c),
        }
    }
    made
}

/// What the server said when it refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The number of Windows or of WS-Management.
    pub(super) number: u32,
    pub(super) text: String,
}

/// Nothing came out in the time that the server waits; it may be asked again.
const NO_OUTPUT_YET: u32 = 2_150_858_793;
const ACCESS_DENIED: u32 = 5;
/// Too many shells, users, or operations at a time.
const TOO_MUCH: [u32; 4] = [2_150_859_173, 2_150_859_174, 2_150_859_175, 2_144_108_060];

impl Fault {
    pub(super) fn is_no_output_yet(&self) -> bool {
        self.number == NO_OUTPUT_YET
    }

    pub(super) fn trouble(&self, place: &str) -> Trouble {
        let (cause, what) = match self.number {
            ACCESS_DENIED => (
                Cause::Denied,
                "the account may not use WinRM; make it a member of the host's Remote Management Users",
            ),
            number if TOO_MUCH.contains(&number) => (
                Cause::Unreachable,
                "the host has as many WinRM shells as it allows; wait until they end, or use fewer `connections`",
            ),
            _ => (Cause::Malformed, "WinRM refuses the question"),
        };
        let said = if self.text.is_empty() {
            String::new()
        } else {
            format!(": {}", self.text)
        };
        Trouble::new(cause, format!("{place}: {what} ({}{said})", self.number))
    }
}

/// What came out of the command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) printed: Vec<u8>,
    pub(super) complaints: Vec<u8>,
    pub(super) ended: bool,
}

/// Something in place of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoAnswer;

/// The answer's body, taken by `take`; the fault when it is one.
fn read<T>(xml: &[u8], take: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Result<Result<T, Fault>, NoAnswer> {
    let text = std::str::from_utf8(xml).map_err(|_| NoAnswer)?;
    // entities of one's own and other documents are not read
    let document = Document::parse(text).map_err(|_| NoAnswer)?;
    let body = child(document.root_element(), "Body").ok_or(NoAnswer)?;
    if let Some(fault) = child(body, "Fault") {
        let number = fault
            .descendants()
            .find_map(|node| node.attribute("Code")?.parse().ok());
        let message = fault
            .descendants()
            .find(|node| node.tag_name().name() == "Message");
        let reason = || {
            fault
                .descendants()
                .find(|node| node.has_tag_name(("http://www.w3.org/2003/05/soap-envelope", "Text")))
        };
        let text = message.or_else(reason).map(|node| {
            node.descendants()
                .filter(Node::is_text)
                .filter_map(|node| node.text())
                .collect::<String>()
        });
        return Ok(Err(Fault {
            number: number.unwrap_or_default(),
            text: clip(&text.unwrap_or_default()),
        }));
    }
    take(body).map(Ok).ok_or(NoAnswer)
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.tag_name().name() == name)
}

/// The name of the new shell.
pub(super) fn shell(xml: &[u8]) -> Result<Result<String, Fault>, NoAnswer> {
    read(xml, |body| {
        let selector = |node: &Node<'_, '_>| {
            node.tag_name().name() == "Selector" && node.attribute("Name") == Some("ShellId")
        };
        let named = |node: &Node<'_, '_>| node.tag_name().name() == "ShellId";
        let found = body
            .descendants()
            .find(named)
            .or_else(|| body.descendants().find(selector));
        found
            .and_then(|node| node.text())
            .map(|text| text.trim().to_owned())
    })
}

/// The name of what was started.
pub(super) fn command(xml: &[u8]) -> Result<Result<String, Fault>, NoAnswer> {
    read(xml, |body| {
        let found = body
            .descendants()
            .find(|node| node.tag_name().name() == "CommandId");
        found
            .and_then(|node| node.text())
            .map(|text| text.trim().to_owned())
    })
}

/// Whether something was taken.
pub(super) fn done(xml: &[u8]) -> Result<Result<(), Fault>, NoAnswer> {
    read(xml, |_| Some(()))
}

/// What came out since the last time.
pub(super) fn output(xml: &[u8]) -> Result<Result<Output, Fault>, NoAnswer> {
    read(xml, |body| {
        let answer = child(body, "ReceiveResponse")?;
        let mut output = Output::default();
        for stream in answer
            .children()
            .filter(|node| node.tag_name().name() == "Stream")
        {
            let encoded: String = stream.text().unwrap_or_default().split_whitespace().collect();
            let bytes = BASE64.decode(encoded.as_bytes()).ok()?;
            match stream.attribute("Name") {
                Some("stdout") => output.printed.extend(bytes),
                Some("stderr") => output.complaints.extend(bytes),
                _ => {}
            }
        }
        let state = child(answer, "CommandState").and_then(|node| node.attribute("State"));
        output.ended = state.is_some_and(|state| state.ends_with("/Done"));
        Some(output)
    })
}
