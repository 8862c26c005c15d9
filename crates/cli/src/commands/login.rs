//! App login on the terminal: what is said while somebody signs in, and what is asked before an account is made of it.
//! Writes to the console, reads a yes or no from the terminal.

use links::{
    Account, AppLogin, BrowserState, GivenApplication, Links, LoginTold, Person, Problem, Secret, SignInAgain,
};
use tokio::sync::{mpsc, oneshot};

use crate::args::{Application, Reach, SignIn};
use crate::commands::{authorities, place, place_of};
use crate::console::Console;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health::{list, moment};
use crate::terminal::escape;

/// Something to say.
enum Heard {
    /// What a login tells.
    Told(LoginTold),
    /// Who signed in with a code.
    Who(Person),
    /// *Is this you?*, and whom to tell that it was asked.
    Ask(Person, oneshot::Sender<()>),
}

type Tell = mpsc::UnboundedSender<Heard>;

/// What to sign in to for a new account.
pub(crate) struct NewLogin<'a> {
    pub(crate) url: String,
    pub(crate) name: Option<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) sign_in: &'a SignIn,
    pub(crate) application: &'a Application,
    pub(crate) secret: Option<Secret>,
    pub(crate) reach: &'a Reach,
    /// Whether somebody sits at the terminal who can be asked.
    pub(crate) person: bool,
}

/// Signs in and links a new account.
pub(crate) async fn link(
    links: &Links,
    new: NewLogin<'_>,
    console: &mut Console<'_>,
) -> Result<Account, Failure> {
    let place = place_of(&new.url);
    let login = AppLogin {
        application: given(new.application, new.secret.as_ref())?,
        authorities: authorities(new.reach)?,
        pasted: new.url,
        name: new.name,
        scopes: new.scopes,
        accept_missing: false,
        open_browser: !new.sign_in.no_browser,
        allow_http: new.reach.allow_http,
    };
    let (device, person) = (new.sign_in.device, new.person);
    let mut teller = Teller::new(place.clone(), new.sign_in);
    let (tell, heard) = mpsc::unbounded_channel();
    let telling = tells(&tell);
    let work = async {
        if device {
            let is_me = Box::new(move |who: &Person| confirm(&tell, who, person));
            Box::pin(links.device_login(login, &telling, is_me)).await
        } else {
            Box::pin(links.app_login(login, &telling)).await
        }
    };
    let ended = teller.listen(work, heard, console).await;
    ended.map_err(|problem| refused(Failure::at(&problem, &place)))
}

/// Signs in again to an account.
pub(crate) async fn again(
    links: &Links,
    account: &Account,
    again: SignInAgain,
    sign_in: &SignIn,
    console: &mut Console<'_>,
) -> Result<Account, Failure> {
    let (tell, heard) = mpsc::unbounded_channel();
    let telling = tells(&tell);
    let work = Box::pin(links.sign_in_again(&account.id, again, &telling));
    let ended = Teller::new(place(account), sign_in)
        .listen(work, heard, console)
        .await;
    ended.map_err(|problem| refused(Failure::on(&problem, account)))
}

/// Signs in again to an account for another set of scopes.
pub(crate) async fn permit(
    links: &Links,
    account: &Account,
    scopes: Vec<String>,
    sign_in: &SignIn,
    console: &mut Console<'_>,
) -> Result<Account, Failure> {
    let (tell, heard) = mpsc::unbounded_channel();
    let telling = tells(&tell);
    let (open, by_code) = (!sign_in.no_browser, sign_in.device);
    let work = Box::pin(links.permit(&account.id, scopes, open, by_code, &telling));
    let ended = Teller::new(place(account), sign_in)
        .listen(work, heard, console)
        .await;
    ended.map_err(|problem| refused(Failure::on(&problem, account)))
}

/// The application that was given, if one was.
pub(crate) fn given(
    application: &Application,
    secret: Option<&Secret>,
) -> Result<Option<GivenApplication>, Failure> {
    let Some(id) = &application.client_id else {
        return Ok(None);
    };
    let given = GivenApplication::read(id, secret.map(Secret::expose));
    given.map(Some).map_err(Failure::from)
}

/// An application that was given and will not do is an answer, not yet a case for a person: nobody's account lacks
/// anything.
fn refused(failure: Failure) -> Failure {
    match failure.code() {
        "app_unknown" | "app_secret_wrong" => failure.ending(ExitStatus::Refused),
        _ => failure,
    }
}

fn tells(tell: &Tell) -> impl Fn(LoginTold) + Send + Sync + use<> {
    let tell = tell.clone();
    move |told| {
        // Whoever listens does so until the work is done.
        let _ = tell.send(Heard::Told(told));
    }
}

/// *Is this you?* Whoever typed the command and approved the code is believed where nobody can be asked. May block.
fn confirm(tell: &Tell, who: &Person, person: bool) -> bool {
    if !person {
        return tell.send(Heard::Who(who.clone())).is_ok();
    }
    let (asked, wait) = oneshot::channel();
    let told = tell.send(Heard::Ask(who.clone(), asked));
    if told.is_err() || wait.blocking_recv().is_err() {
        return false;
    }
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.is_ok() && matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Says what a login tells.
struct Teller {
    place: String,
    printed: bool,
    url: String,
    until: String,
}

impl Teller {
    fn new(place: String, sign_in: &SignIn) -> Self {
        Self {
            place,
            printed: sign_in.no_browser,
            url: String::new(),
            until: String::new(),
        }
    }

    /// Does the work and says what is heard of it.
    async fn listen<T>(
        &mut self,
        work: impl Future<Output = Result<T, Problem>>,
        mut heard: mpsc::UnboundedReceiver<Heard>,
        console: &mut Console<'_>,
    ) -> Result<T, Problem> {
        let mut work = Box::pin(work);
        let ended = loop {
            tokio::select! {
                biased;
                Some(one) = heard.recv() => self.hear(one, console),
                ended = &mut work => break ended,
            }
        };
        drop(work);
        while let Ok(one) = heard.try_recv() {
            self.hear(one, console);
        }
        ended
    }

    fn hear(&mut self, one: Heard, console: &mut Console<'_>) {
        match one {
            Heard::Told(told) => self.told(told, console),
            Heard::Who(person) => console.note(&format!("{} signed in.", name(&person))),
            Heard::Ask(person, asked) => {
                console.question(&format!(
                    "{} signed in at {}. Is this you? [y/N]",
                    name(&person),
                    escape(&self.place)
                ));
                // Whoever waits for it went away with the work.
                let _ = asked.send(());
            }
        }
    }

    fn told(&mut self, told: LoginTold, console: &mut Console<'_>) {
        match told {
            LoginTold::Open { url, deadline } => {
                self.until = moment(deadline);
                self.url = escape(&url);
                if self.printed {
                    self.print(console);
                } else {
                    console.note(&format!(
                        "Opening the browser to sign in at {}.",
                        escape(&self.place)
                    ));
                }
            }
            LoginTold::Browser(BrowserState::Opening) => {}
            LoginTold::Browser(BrowserState::Opened) => console.note(&self.waiting("Sign in there")),
            LoginTold::Browser(BrowserState::Unsure) => {
                console.note("It is not known whether the browser opened.");
                self.print(console);
            }
            LoginTold::Browser(BrowserState::Failed { detail }) => {
                console.note(&format!("The browser could not be opened: {}.", escape(&detail)));
                self.print(console);
            }
            LoginTold::Code {
                user_code,
                at,
                deadline,
                ..
            } => {
                self.until = moment(deadline);
                console.aside(&format!("code: {} at: {}", escape(&user_code), escape(&at)));
                console.note(&self.waiting("Open that address on any device and type the code"));
            }
            LoginTold::Finishing => console.note("Somebody signed in; asking GitLab who."),
            LoginTold::Wider { scopes } => {
                let scopes: Vec<String> = scopes.iter().map(|scope| escape(scope)).collect();
                console.note(&format!(
                    "GitLab granted more than was asked for: {}.",
                    list(&scopes)
                ));
            }
        }
    }

    /// The address, for the person to open.
    fn print(&mut self, console: &mut Console<'_>) {
        console.aside(&format!("open: {}", self.url));
        console.note(&self.waiting("Open that address in a browser on this computer and sign in"));
    }

    /// GitLab's error pages never come back (quirk 16): whoever sees one has to know that nothing else will happen.
    fn waiting(&self, what: &str) -> String {
        format!(
            "{what}; LabLink waits until {}. If GitLab shows a mistake instead, stop with Ctrl-C.",
            self.until
        )
    }
}

/// `Ada Lovelace (@ada)`.
fn name(person: &Person) -> String {
    match (person.name.as_deref(), person.username.as_deref()) {
        (Some(name), Some(user)) => format!("{} (@{})", escape(name), escape(user)),
        (None, Some(user)) => format!("@{}", escape(user)),
        (Some(name), None) => escape(name),
        (None, None) => "Somebody GitLab does not name".to_owned(),
    }
}
