//! From words to a filter or an order.

use super::{
    attribute::{Dialect, Type},
    error::QueryError,
    filter::{Comparator, Filter, Node},
    lex::{Kind, Token, tokens},
    value::{Entity, Field, Value},
};

/// Parentheses and NOTs inside each other.
const DEPTH: usize = 64;

pub(super) fn filter(text: &str, dialect: Dialect) -> Result<Filter, QueryError> {
    let mut parser = Parser::new(text, dialect)?;
    if parser.tokens.is_empty() {
        return Ok(Filter::default());
    }
    let root = parser.any(0)?;
    parser.end("AND or OR")?;
    Ok(Filter { root: Some(root) })
}

/// A field, and whether it is descending.
pub(super) fn order(text: &str, dialect: Dialect) -> Result<(Field, bool), QueryError> {
    let mut parser = Parser::new(text, dialect)?;
    let (field, _) = parser.field()?;
    if field.entity == Entity::Dataset {
        return parser.refuse_last("runs cannot be ordered by their data sets");
    }
    let descending = parser.keyword("DESC");
    if !descending {
        parser.keyword("ASC");
    }
    parser.end("ASC or DESC")?;
    Ok((field, descending))
}

struct Parser<'a> {
    text: &'a str,
    dialect: Dialect,
    tokens: Vec<Token>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Result<Self, QueryError> {
        Ok(Self { text, dialect, tokens: tokens(text)?, next: 0 })
    }

    fn any(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut nodes = vec![self.all(depth)?];
        while self.sign("or") || self.keyword("OR") {
            if self.dialect.is_strict() {
                return self.refuse_last("only AND joins comparisons here");
            }
            nodes.push(self.all(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self, depth: usize) -> Result<Node, QueryError> {
        let mut nodes = vec![self.part(depth)?];
        while self.sign("and") || self.keyword("AND") {
            nodes.push(self.part(depth)?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn part(&mut self, depth: usize) -> Result<Node, QueryError> {
        if depth > DEPTH {
            return self.refuse_next("this is nested too deeply");
        }
        if !self.dialect.is_strict() {
            if self.keyword("NOT") {
                return Ok(Node::Not(Box::new(self.part(depth + 1)?)));
            }
            if self.sign("(") {
                let node = self.any(depth + 1)?;
                return if self.sign(")") { Ok(node) } else { self.refuse_next("expected `)`") };
            }
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, QueryError> {
        let (field, is) = self.field()?;
        let start = self.next;
        if self.keyword("IS") {
            let not = self.keyword("NOT");
            if !self.keyword("NULL") {
                return self.refuse_next("expected NULL");
            }
            if self.dialect.is_strict() && !matches!(field.entity, Entity::Tag | Entity::Param) {
                return self.refuse_from(start, "only tags and params can be compared with NULL");
            }
            let null = Node::Null(field);
            return Ok(if not { Node::Not(Box::new(null)) } else { null });
        }
        let not = self.keyword("NOT");
        if self.keyword("IN") {
            self.check_list(&field, start)?;
            let values = self.list()?;
            let within = Node::In(field.clone(), values);
            // A run that lacks the field is in neither list.
            let has = || Node::Not(Box::new(Node::Null(field)));
            return Ok(if not { Node::All(vec![has(), Node::Not(Box::new(within))]) } else { within });
        }
        let comparator = self.comparator(not)?;
        self.check_comparator(&field, is, comparator, start)?;
        let value = self.value(&field, is, comparator)?;
        let compared = Node::Compare(field, comparator, value);
        Ok(if not { Node::Not(Box::new(compared)) } else { compared })
    }

    fn comparator(&mut self, not: bool) -> Result<Comparator, QueryError> {
        for (keyword, comparator) in [("LIKE", Comparator::Like), ("ILIKE", Comparator::LikeInAnyCase)] {
            if self.keyword(keyword) {
                return Ok(comparator);
            }
        }
        let signs = [
            ("=", Comparator::Equal),
            ("!=", Comparator::Different),
            ("<", Comparator::Less),
            ("<=", Comparator::AtMost),
            (">", Comparator::More),
            (">=", Comparator::AtLeast),
        ];
        for (sign, comparator) in signs {
            if !not && self.sign(sign) {
                return Ok(comparator);
            }
        }
        self.refuse_next(if not {
            "expected LIKE, ILIKE or IN"
        } else {
            "expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or IS NULL"
        })
    }

    fn check_comparator(
        &self,
        field: &Field,
        is: Type,
        used: Comparator,
        at: usize,
    ) -> Result<(), QueryError> {
        let pattern = matches!(used, Comparator::Like | Comparator::LikeInAnyCase);
        if pattern && is == Type::Number {
            return self.refuse_from(at, "a number has no pattern");
        }
        let ordering = !pattern && !matches!(used, Comparator::Equal | Comparator::Different);
        if ordering && self.dialect.is_strict() && is == Type::Text {
            let what = format!("`{}` can only be compared by =, !=, LIKE, ILIKE", field.key);
            return self.refuse_from(at, &what);
        }
        Ok(())
    }

    fn check_list(&self, field: &Field, at: usize) -> Result<(), QueryError> {
        let lists = matches!(field.key.as_str(), "id" | "experiment_id") || field.entity == Entity::Dataset;
        match self.dialect.is_strict() && !lists {
            true => {
                self.refuse_from(at, "only run_id, experiment_id and data sets can be compared with a list")
            }
            false => Ok(()),
        }
    }

    fn list(&mut self) -> Result<Vec<Value<'static>>, QueryError> {
        if !self.sign("(") {
            return self.refuse_next("expected `(`");
        }
        let mut values = Vec::new();
        loop {
            match self.tokens.get(self.next).map(|token| token.kind.clone()) {
                Some(Kind::Text(text)) => values.push(Value::text(text)),
                Some(Kind::Number(number)) if !self.dialect.is_strict() => values.push(Value::Number(number)),
                _ => return self.refuse_next("expected a text in quotes"),
            }
            self.next += 1;
            if self.sign(")") {
                return Ok(values);
            }
            if !self.sign(",") {
                return self.refuse_next("expected `,` or `)`");
            }
        }
    }

    fn value(&mut self, field: &Field, is: Type, used: Comparator) -> Result<Value<'static>, QueryError> {
        let kind = self.tokens.get(self.next).map(|token| token.kind.clone());
        let pattern = matches!(used, Comparator::Like | Comparator::LikeInAnyCase);
        let value = match kind {
            Some(Kind::Text(text)) if is == Type::Text => Value::text(text),
            // Parameters and tags are texts that may well be numbers.
            Some(Kind::Number(number)) if is == Type::Number || (!self.dialect.is_strict() && !pattern) => {
                Value::Number(number)
            }
            Some(Kind::Word(word))
                if is == Type::Text
                    && matches!(&*word.to_lowercase(), "true" | "false")
                    && !self.dialect.is_strict() =>
            {
                Value::text(word.to_lowercase())
            }
            _ if is == Type::Number => {
                return self.refuse_next(&format!("`{}` is a number; expected a number", field.key));
            }
            _ => return self.refuse_next(&format!("`{}` is a text; expected a text in quotes", field.key)),
        };
        self.next += 1;
        Ok(value)
    }

    /// The field that comes next, and what it is compared with.
    fn field(&mut self) -> Result<(Field, Type), QueryError> {
        let Some(Token { kind: Kind::Word(word), .. }) = self.tokens.get(self.next).cloned() else {
            return self
                .refuse_next("expected a field, such as metrics.loss, params.lr, tags.owner or status");
        };
        self.next += 1;
        let Some((entity, key)) = word.split_once('.') else { return self.attribute(&word) };
        match self.dialect.entity(entity) {
            Some(Entity::Attribute) => self.attribute(key),
            Some(entity) if key.is_empty() => self.refuse_last(&format!("which {entity:?}?").to_lowercase()),
            Some(Entity::Dataset) if !matches!(key, "name" | "digest" | "context") => {
                self.refuse_last("data sets have name, digest and context")
            }
            Some(entity) => {
                let is = if entity == Entity::Metric { Type::Number } else { Type::Text };
                Ok((Field { entity, key: key.to_owned() }, is))
            }
            None => self.refuse_last(&format!(
                "`{entity}.` is none of metrics., params., tags., attributes. and datasets."
            )),
        }
    }

    fn attribute(&self, word: &str) -> Result<(Field, Type), QueryError> {
        match self.dialect.attribute(word) {
            Some((key, is)) => Ok((Field { entity: Entity::Attribute, key: key.to_owned() }, is)),
            None => {
                let known = self.dialect.attribute_names();
                self.refuse_last(&format!("there is no attribute `{word}`; there are {known}"))
            }
        }
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let is =
            |token: &Token| matches!(&token.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.accept(is)
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.accept(|token| matches!(token.kind, Kind::Sign(found) if found == sign))
    }

    fn accept(&mut self, is: impl Fn(&Token) -> bool) -> bool {
        let found = self.tokens.get(self.next).is_some_and(is);
        self.next += usize::from(found);
        found
    }

    fn end(&self, expected: &str) -> Result<(), QueryError> {
        match self.next == self.tokens.len() {
            true => Ok(()),
            false => self.refuse_next(&format!("expected {expected}")),
        }
    }

    fn refuse_next<T>(&self, message: &str) -> Result<T, QueryError> {
        let end = (self.text.len(), 0);
        let (at, length) = self.tokens.get(self.next).map_or(end, |token| (token.at, token.length));
        Err(QueryError::new(self.text, at, length, message))
    }

    fn refuse_last<T>(&self, message: &str) -> Result<T, QueryError> {
        self.refuse_from(self.next - 1, message)
    }

    fn refuse_from<T>(&self, token: usize, message: &str) -> Result<T, QueryError> {
        let (at, length) = self.tokens.get(token).map_or((0, 0), |token| (token.at, token.length));
        Err(QueryError::new(self.text, at, length, message))
    }
}
