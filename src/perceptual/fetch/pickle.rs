//! Reads a Python pickle of nested dictionaries of float32 arrays, and refuses everything else.
//!
//! A pickle is a program. This machine knows the instructions that build dictionaries, tuples, numbers and strings, and of
//! all callables the three that NumPy names when it stores an array; nothing is looked up, imported or run.

use std::{collections::BTreeMap, rc::Rc};

/// A float32 array in C order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Value {
    None,
    Bool(bool),
    Int(i64),
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Value]>),
    Callable(Callable),
    /// A dictionary, by index: what is memorised is the same dictionary, not a copy.
    Dict(usize),
    Array(usize),
    /// A dtype, and whether it is float32.
    Dtype(bool),
    Mark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callable {
    Reconstruct,
    NdArray,
    Dtype,
}

#[derive(Default)]
struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    memo: BTreeMap<u32, Value>,
    dicts: Vec<Vec<(Rc<str>, Value)>>,
    arrays: Vec<Array>,
}

/// The arrays by their path of keys (`AlexNet_0/Conv_0/kernel`).
///
/// # Errors
/// An instruction, callable, dtype or order that is not known, or a cut file; says which.
pub(super) fn arrays(bytes: &[u8]) -> Result<BTreeMap<String, Array>, String> {
    let mut machine = Machine { rest: bytes, ..Machine::default() };
    let Value::Dict(root) = machine.run()? else { return Err("the pickle holds no dictionary".into()) };
    let mut found = BTreeMap::new();
    machine.collect(root, "", 0, &mut found)?;
    Ok(found)
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value, String> {
        loop {
            let [operation] = self.array()?;
            match operation {
                b'.' => return self.pop(),
                0x80 => {
                    let [version] = self.array()?;
                    if version > 3 {
                        return Err(format!("pickle protocol {version} is not known"));
                    }
                }
                b'q' => self.memorise(1)?,
                b'r' => self.memorise(4)?,
                b'h' => self.recall(1)?,
                b'j' => self.recall(4)?,
                b'}' => {
                    self.dicts.push(Vec::new());
                    self.stack.push(Value::Dict(self.dicts.len() - 1));
                }
                b'(' => self.stack.push(Value::Mark),
                b'N' => self.stack.push(Value::None),
                0x88 => self.stack.push(Value::Bool(true)),
                0x89 => self.stack.push(Value::Bool(false)),
                b'K' => self.integer(1)?,
                b'M' => self.integer(2)?,
                b'J' => {
                    let value = i32::from_le_bytes(self.array()?);
                    self.stack.push(Value::Int(value.into()));
                }
                b'X' => {
                    let text = std::str::from_utf8(self.block(4)?).map_err(|error| error.to_string())?;
                    self.stack.push(Value::Text(text.into()));
                }
                b'C' => self.bytes(1)?,
                b'B' => self.bytes(4)?,
                b')' => self.stack.push(Value::Tuple(Rc::new([]))),
                0x85..=0x87 => self.tuple(usize::from(operation - 0x84))?,
                b't' => {
                    let items = self.since_mark()?;
                    self.stack.push(Value::Tuple(items.into()));
                }
                b'c' => self.callable()?,
                b'R' => self.call()?,
                b'b' => self.build()?,
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.insert(vec![key, value])?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.insert(items)?;
                }
                other => return Err(format!("pickle instruction {other:#04x} is not allowed")),
            }
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or("the pickle is cut off")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "the pickle is cut off".into())
    }

    /// A little-endian number of so many bytes.
    fn number(&mut self, bytes: usize) -> Result<u32, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A block behind its length.
    fn block(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let length = self.number(bytes)? as usize;
        self.take(length)
    }

    fn line(&mut self) -> Result<&'a [u8], String> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').ok_or("the pickle is cut off")?;
        let line = self.take(end)?;
        self.take(1)?;
        Ok(line)
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack.pop().ok_or_else(|| "the pickle takes from an empty stack".into())
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.stack.iter().rposition(|value| matches!(value, Value::Mark));
        let items = self.stack.split_off(mark.ok_or("the pickle has no mark")? + 1);
        self.stack.pop();
        Ok(items)
    }

    fn memorise(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        let value = self.stack.last().ok_or("the pickle takes from an empty stack")?.clone();
        self.memo.insert(at, value);
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let at = self.number(bytes)?;
        let value = self.memo.get(&at).ok_or("the pickle recalls what it never memorised")?.clone();
        self.stack.push(value);
        Ok(())
    }

    fn integer(&mut self, bytes: usize) -> Result<(), String> {
        let value = self.number(bytes)?;
        self.stack.push(Value::Int(value.into()));
        Ok(())
    }

    fn bytes(&mut self, bytes: usize) -> Result<(), String> {
        let block = self.block(bytes)?;
        self.stack.push(Value::Bytes(block.into()));
        Ok(())
    }

    fn tuple(&mut self, count: usize) -> Result<(), String> {
        let from = self.stack.len().checked_sub(count).ok_or("the pickle takes from an empty stack")?;
        let items = self.stack.split_off(from);
        self.stack.push(Value::Tuple(items.into()));
        Ok(())
    }

    fn callable(&mut self) -> Result<(), String> {
        let (module, name) = (self.line()?, self.line()?);
        let callable = match (module, name) {
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => Callable::Reconstruct,
            (b"numpy", b"ndarray") => Callable::NdArray,
            (b"numpy", b"dtype") => Callable::Dtype,
            _ => {
                let text = String::from_utf8_lossy;
                return Err(format!(
                    "the pickle names {}.{}, which is not allowed",
                    text(module),
                    text(name)
                ));
            }
        };
        self.stack.push(Value::Callable(callable));
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = arguments else {
            return Err("the pickle calls without arguments".into());
        };
        let made = match (callable, arguments.first()) {
            (Value::Callable(Callable::Reconstruct), Some(Value::Callable(Callable::NdArray))) => {
                self.arrays.push(Array { shape: Vec::new(), values: Vec::new() });
                Value::Array(self.arrays.len() - 1)
            }
            (Value::Callable(Callable::Dtype), Some(Value::Text(name))) => Value::Dtype(&**name == "f4"),
            _ => return Err("the pickle makes something that is no array".into()),
        };
        self.stack.push(made);
        Ok(())
    }

    /// The state of an array: `(version, shape, dtype, fortran order, bytes)`; that of a dtype only says its byte order.
    fn build(&mut self) -> Result<(), String> {
        let Value::Tuple(state) = self.pop()? else { return Err("the pickle builds from no tuple".into()) };
        match (self.stack.last(), &*state) {
            (Some(Value::Dtype(_)), [_, Value::Text(order), ..]) if &**order == "<" => Ok(()),
            (
                Some(Value::Array(at)),
                [_, Value::Tuple(shape), Value::Dtype(true), Value::Bool(false), Value::Bytes(bytes)],
            ) => {
                self.arrays[*at] = array(shape, bytes)?;
                Ok(())
            }
            _ => Err("the pickle holds something that is no little-endian float32 array in C order".into()),
        }
    }

    fn insert(&mut self, items: Vec<Value>) -> Result<(), String> {
        let Some(Value::Dict(dict)) = self.stack.last() else {
            return Err("the pickle fills no dictionary".into());
        };
        for pair in items.chunks(2) {
            let [Value::Text(key), value] = pair else {
                return Err("the pickle has a key that is no text".into());
            };
            self.dicts[*dict].push((key.clone(), value.clone()));
        }
        Ok(())
    }

    fn collect(
        &self,
        dict: usize,
        path: &str,
        depth: usize,
        found: &mut BTreeMap<String, Array>,
    ) -> Result<(), String> {
        if depth > 8 {
            return Err("the pickle nests too deep".into());
        }
        for (key, value) in &self.dicts[dict] {
            let path = if path.is_empty() { key.to_string() } else { format!("{path}/{key}") };
            match value {
                Value::Dict(inner) => self.collect(*inner, &path, depth + 1, found)?,
                Value::Array(at) => {
                    found.insert(path, self.arrays[*at].clone());
                }
                _ => return Err(format!("`{path}` of the pickle is no array")),
            }
        }
        Ok(())
    }
}

fn array(shape: &[Value], bytes: &[u8]) -> Result<Array, String> {
    let side = |value: &Value| match value {
        Value::Int(side) => usize::try_from(*side).ok(),
        _ => None,
    };
    let shape: Vec<usize> = shape.iter().map(side).collect::<Option<_>>().ok_or("an array has no shape")?;
    let count = shape.iter().try_fold(4usize, |count, side| count.checked_mul(*side));
    if count != Some(bytes.len()) {
        return Err(format!("an array of shape {shape:?} has {} bytes", bytes.len()));
    }
    let number = |chunk: &[u8]| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    Ok(Array { shape, values: bytes.chunks_exact(4).map(number).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pickle.dumps({"a": {"b": numpy.array([[1, -2]], "float32")}}, 3)` without the memo.
    fn pickle(module: &str) -> Vec<u8> {
        let mut bytes = b"\x80\x03}(X\x01\0\0\0a}X\x01\0\0\0b".to_vec();
        bytes.extend(format!("c{module}\n_reconstruct\ncnumpy\nndarray\n").bytes());
        bytes.extend(b"K\0\x85C\x01b\x87R");
        bytes.extend(b"(K\x01K\x01K\x02\x86cnumpy\ndtype\nX\x02\0\0\0f4\x89\x88\x87R(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89C\x08");
        bytes.extend([1f32, -2.0].map(f32::to_le_bytes).concat());
        bytes.extend(b"tbsu.");
        bytes
    }

    #[test]
    fn arrays_and_nothing_else() {
        let good = pickle("numpy.core.multiarray");
        let found = arrays(&good).unwrap();
        assert_eq!(found["a/b"], Array { shape: vec![1, 2], values: vec![1.0, -2.0] });
        assert!(arrays(&pickle("os")).unwrap_err().contains("os._reconstruct"));
        assert!(arrays(b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.").unwrap_err().contains("not allowed"));
        assert!(arrays(b"\x80\x05.").unwrap_err().contains("protocol 5"));
        for end in 0..good.len() {
            assert!(arrays(&good[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_dictionary_in_itself_is_refused() {
        assert!(arrays(b"\x80\x02}q\0X\x01\0\0\0ah\0s.").unwrap_err().contains("too deep"));
    }
}
