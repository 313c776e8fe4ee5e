//! What a template may contain, and what it reads: known before anything runs.

use super::plain::Part;
use super::tsql::{self, Place};
use super::{Context, NAME, TemplateError};
use crate::diagnostic::suggest;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, ForLoop, Stmt};
use minijinja::machinery::{Span, parse};

/// A dotted path that a template reads and where it does so first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Such as `source.engine.version` or `item.name`.
    pub path: String,
    pub line: usize,
    pub column: usize,
}

/// The filters of templates.
const FILTERS: [&str; 5] = ["lower", "upper", "trim", "join", "length"];

/// What is known of a template before it is filled.
pub(super) struct Contents {
    pub(super) mentions: Vec<Mention>,
    /// All of it, when it only inserts values.
    pub(super) parts: Option<Vec<Part>>,
}

/// Checks a template and returns what it reads.
pub(super) fn check(text: &str, context: Context) -> Result<Contents, TemplateError> {
    let root = parse(text, NAME, minijinja::syntax::SyntaxConfig::default())
        .map_err(|error| super::located(&error, text))?;
    let mut check = Check {
        text,
        context,
        mentions: Vec::new(),
        locals: Vec::new(),
        in_value: false,
        place: Place::Code,
    };
    let children = match &root {
        Stmt::Template(template) => template.children.as_slice(),
        _ => &[],
    };
    check.statements(children)?;
    Ok(Contents {
        mentions: check.mentions,
        parts: children.iter().map(part).collect(),
    })
}

fn part(statement: &Stmt<'_>) -> Option<Part> {
    match statement {
        Stmt::EmitRaw(raw) => Some(Part::Text(raw.raw.into())),
        Stmt::EmitExpr(emit) => path_of(&emit.expr).map(|(path, _)| Part::Value(path.join(".").into())),
        _ => None,
    }
}

/// Makes an error at a byte of the text.
pub(super) fn at(text: &str, offset: usize, message: impl Into<String>) -> TemplateError {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    TemplateError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: message.into(),
    }
}

struct Check<'t> {
    text: &'t str,
    context: Context,
    mentions: Vec<Mention>,
    /// Names that loops bind.
    locals: Vec<&'t str>,
    /// In a directory filter: whether the text stands behind `=`.
    in_value: bool,
    /// In T-SQL: what the text leaves open.
    place: Place,
}

type Checked = Result<(), TemplateError>;

impl<'t> Check<'t> {
    fn statements(&mut self, statements: &[Stmt<'t>]) -> Checked {
        statements
            .iter()
            .try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Stmt<'t>) -> Checked {
        match statement {
            Stmt::EmitRaw(raw) => {
                self.raw(raw.raw);
                Ok(())
            }
            Stmt::EmitExpr(emit) if self.context == Context::Tsql => self.token(&emit.expr),
            Stmt::EmitExpr(emit) => {
                if self.context == Context::LdapFilter && !self.in_value {
                    let message = "a value stands behind `=` in a directory filter, not in its syntax";
                    return Err(self.error(emit.span(), message));
                }
                self.expression(&emit.expr)
            }
            Stmt::IfCond(branch) => {
                self.expression(&branch.expr)?;
                let before = (self.in_value, self.place);
                self.statements(&branch.true_body)?;
                let (value_after, place_after) = (self.in_value, self.place);
                (self.in_value, self.place) = before;
                self.statements(&branch.false_body)?;
                // What follows must be right behind either branch.
                self.in_value &= value_after;
                self.meet(place_after, branch.expr.span())
            }
            Stmt::ForLoop(each) => self.for_loop(each),
            Stmt::Template(template) => self.statements(&template.children),
            other => Err(self.error(span_of(other), "templates have values, `if` and `for` only")),
        }
    }

    fn for_loop(&mut self, each: &ForLoop<'t>) -> Checked {
        let Expr::Var(name) = &each.target else {
            return Err(self.error(each.target.span(), "a loop binds one name"));
        };
        if each.recursive {
            return Err(self.error(each.iter.span(), "a loop does not call itself"));
        }
        self.expression(&each.iter)?;
        let outer = self.locals.len();
        self.locals.extend([name.id, "loop"]);
        if let Some(filter) = &each.filter_expr {
            self.expression(filter)?;
        }
        let before = (self.in_value, self.place);
        self.statements(&each.body)?;
        self.locals.truncate(outer);
        self.in_value &= before.0;
        self.meet(before.1, each.iter.span())?;
        let after = std::mem::replace(&mut self.place, before.1);
        self.statements(&each.else_body)?;
        self.meet(after, each.iter.span())
    }

    fn raw(&mut self, raw: &str) {
        if let Some(last) = raw.rfind(['(', ')', '=']) {
            self.in_value = raw[last..].starts_with('=');
        }
        self.place = self.place.behind(raw);
    }

    /// A value of T-SQL: its last filter makes a token of it.
    fn token(&mut self, expression: &Expr<'t>) -> Checked {
        self.place = self
            .place
            .behind_value()
            .map_err(|message| self.error(expression.span(), message))?;
        let Expr::Filter(filter) = expression else {
            return Err(self.error(expression.span(), tsql::NO_FILTER));
        };
        if !tsql::FILTERS.contains(&filter.name) {
            return Err(self.error(expression.span(), tsql::NO_FILTER));
        }
        if !filter.args.is_empty() {
            return Err(self.error(expression.span(), "this filter takes no argument"));
        }
        self.all(&filter.expr)
    }

    fn meet(&mut self, place: Place, span: Span) -> Checked {
        if self.context == Context::Tsql {
            let met = self.place.meet(place);
            self.place = met.map_err(|message| self.error(span, message))?;
        }
        Ok(())
    }

    fn expression(&mut self, expression: &Expr<'t>) -> Checked {
        if let Some((path, start)) = path_of(expression) {
            self.mention(&path, start);
            return Ok(());
        }
        match expression {
            Expr::Const(_) => Ok(()),
            Expr::GetAttr(get) => self.expression(&get.expr),
            Expr::GetItem(get) => self.all([&get.expr, &get.subscript_expr]),
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) if calculates(operation.op) => {
                Err(self.error(expression.span(), "templates do not calculate; `~` joins texts"))
            }
            Expr::BinOp(operation) => self.all([&operation.left, &operation.right]),
            Expr::Compare(comparison) => {
                self.expression(&comparison.expr)?;
                self.all(comparison.ops.iter().map(|operation| &operation.expr))
            }
            Expr::IfExpr(branch) => match &branch.false_expr {
                Some(other) => self.all([&branch.test_expr, &branch.true_expr, other]),
                None => Err(self.error(expression.span(), "`if` within a value needs `else`")),
            },
            Expr::List(list) => self.all(&list.items),
            Expr::Filter(filter) => {
                self.filter(filter.name, expression.span())?;
                self.all(&filter.expr)?;
                filter.args.iter().try_for_each(|argument| match argument {
                    CallArg::Pos(value) => self.expression(value),
                    _ => Err(self.error(expression.span(), "filters take plain arguments only")),
                })
            }
            other => {
                let message = format!("this ({}) is not allowed in templates", other.description());
                Err(self.error(other.span(), message))
            }
        }
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr<'t>>) -> Checked
    where
        't: 'e,
    {
        expressions
            .into_iter()
            .try_for_each(|expression| self.expression(expression))
    }

    fn filter(&self, name: &str, span: Span) -> Checked {
        if FILTERS.contains(&name) {
            return Ok(());
        }
        let near = suggest(name, FILTERS).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let message = match name {
            _ if tsql::FILTERS.contains(&name) && self.context == Context::Tsql => {
                format!("`{name}` makes a token of a value, so it comes last and once")
            }
            _ if tsql::FILTERS.contains(&name) => format!("`{name}` is for T-SQL only"),
            "safe" => "`safe` is not allowed: every value is written so that it stays a value".to_owned(),
            _ => format!("there is no filter `{name}`{near}"),
        };
        Err(self.error(span, message))
    }

    fn mention(&mut self, path: &[&str], span: Span) {
        let joined = path.join(".");
        let known = self.mentions.iter().any(|mention| mention.path == joined);
        if known || self.locals.contains(&path[0]) {
            return;
        }
        let TemplateError { line, column, .. } = self.error(span, "");
        self.mentions.push(Mention {
            path: joined,
            line,
            column,
        });
    }

    fn error(&self, span: Span, message: impl Into<String>) -> TemplateError {
        at(self.text, span.start_offset as usize, message)
    }
}

fn calculates(operator: BinOpKind) -> bool {
    use BinOpKind::{Add, Div, FloorDiv, Mul, Pow, Rem, Sub};
    matches!(operator, Add | Sub | Mul | Div | FloorDiv | Rem | Pow)
}

/// Returns the words of `a.b.c` and the place of the first.
fn path_of<'t>(expression: &Expr<'t>) -> Option<(Vec<&'t str>, Span)> {
    match expression {
        Expr::Var(name) => Some((vec![name.id], name.span())),
        Expr::GetAttr(get) => {
            let (mut path, start) = path_of(&get.expr)?;
            path.push(get.name);
            Some((path, start))
        }
        _ => None,
    }
}

fn span_of(statement: &Stmt<'_>) -> Span {
    match statement {
        Stmt::WithBlock(block) => block.span(),
        Stmt::Set(set) => set.span(),
        Stmt::SetBlock(block) => block.span(),
        Stmt::AutoEscape(block) => block.span(),
        Stmt::FilterBlock(block) => block.span(),
        Stmt::Do(call) => call.span(),
        _ => Span::default(),
    }
}
