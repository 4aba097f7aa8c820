//! Objects of JavaScript as [values](Value), and back.
//!
//! Settings, described problems and verdicts are small trees. Asking for their members one
//! by one costs a fifth of the code of a deserialiser that knows every type there is.

use crate::policy::Value;
use alloc::{string::String, vec::Vec};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Object)]
    fn keys(object: &JsValue) -> Vec<String>;
    #[wasm_bindgen(js_namespace = Reflect)]
    fn get(object: &JsValue, name: &str) -> JsValue;
    #[wasm_bindgen(js_namespace = Reflect)]
    fn set(object: &JsValue, name: &str, value: &JsValue);
    #[wasm_bindgen(js_name = Object)]
    fn empty() -> JsValue;
}

/// No settings are nested as deep as this; what holds itself is.
const DEEPEST: u8 = 16;

/// What somebody wrote.
///
/// # Errors
///
/// It holds what is no value: a function, say.
pub(super) fn read(written: &JsValue) -> Result<Value, JsError> {
    let wrong = || JsError::new("numbers, texts, true, false, lists and objects of these are read");
    value(written, DEEPEST).ok_or_else(wrong)
}

fn value(written: &JsValue, deep: u8) -> Option<Value> {
    if let Some(text) = written.as_string() {
        return Some(Value::Text(text));
    }
    if let Some(number) = written.as_f64() {
        return Some(Value::Number(number));
    }
    if let Some(on) = written.as_bool() {
        return Some(Value::Bool(on));
    }
    if written.is_null() || written.is_undefined() {
        return Some(Value::Null);
    }
    let deep = deep.checked_sub(1).filter(|_| written.is_object())?;
    let names = keys(written).into_iter();
    let members = names.map(|name| {
        let member = value(&get(written, &name), deep)?;
        Some((name, member))
    });
    let members: Vec<_> = members.collect::<Option<_>>()?;
    Some(match written.is_array() {
        true => Value::List(members.into_iter().map(|(_, item)| item).collect()),
        false => Value::Table(members),
    })
}

/// What is told.
pub(super) fn to_object(told: &Value) -> JsValue {
    match told {
        Value::Null => JsValue::NULL,
        Value::Bool(on) => (*on).into(),
        Value::Number(number) => (*number).into(),
        Value::Text(text) => text.into(),
        Value::List(items) => items.iter().map(to_object).collect::<Vec<_>>().into(),
        Value::Table(members) => {
            let object = empty();
            for (name, value) in members {
                set(&object, name, &to_object(value));
            }
            object
        }
    }
}
