//! Images: what a type and a value of one ABI are in another.
//!
//! [`IMAGE_TABLE`] has the rule for every kind of type in every ABI. [`Image::new`] finds the rules for a whole type once;
//! [`Image::show`] and [`Image::read`] then turn values into their image and back. A value is carried without loss or
//! refused. Names inside of types stay those of the source, because values carry them; a generator of bindings writes them
//! with [`names`](crate::names).
//!
//! - `table`: the rules as data.
//! - `plan`: the rules of one type.
//! - [`steps`]: values.

/// Why there is no image.
mod error;
/// How much larger than a value its image is.
mod growth;
/// The image of one type.
mod plan;
/// Values into their image and back.
mod steps;
/// The rules as data.
mod table;

pub use error::ImageError;
pub(crate) use growth::Growth;
use steps::Step;
pub use table::{IMAGE_TABLE, Kind, Row, Rule};

use crate::{interface::Abi, types::Type, value::Value};

/// A type together with its image in another ABI, and the way between their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    source: Type,
    image: Type,
    step: Step,
    /// Whether an image may have more parts than its value.
    grows: bool,
}

impl Image {
    /// The image of a type of the ABI `from` in the ABI `to`. In the same ABI every type is its own image.
    ///
    /// # Errors
    ///
    /// [`ImageError::NoImage`] with the reason; [`ImageError::Codec`] for a type that `from` has no form for, or whose
    /// image is nested too deep.
    pub fn new(source: &Type, from: Abi, to: Abi) -> Result<Self, ImageError> {
        if from == to {
            return Ok(Self { source: source.clone(), image: source.clone(), step: Step::Same, grows: false });
        }
        from.check_type(source)?;
        let (image, step) = plan::of(source, to)?;
        to.check_type(&image)?;
        let grows = step.grows();
        Ok(Self { source: source.clone(), image, step, grows })
    }

    /// The source type.
    pub fn source(&self) -> &Type {
        &self.source
    }

    /// The image of the type.
    pub fn image(&self) -> &Type {
        &self.image
    }

    /// Whether values are the same on both sides.
    pub fn is_same(&self) -> bool {
        self.step == Step::Same
    }

    /// The image of a value of the source type.
    ///
    /// # Errors
    ///
    /// [`ImageError::NotAnImage`] for a value that is not of the source type, where this is noticed,
    /// [`ImageError::TooManyParts`] for one whose image is far larger.
    pub fn show(&self, value: Value) -> Result<Value, ImageError> {
        let mut growth = Growth::default();
        self.count(&value, &mut growth);
        growth.check()?;
        self.step.show(value)
    }

    /// [`show`](Self::show) of a value whose growth is checked.
    pub(crate) fn show_counted(&self, value: Value) -> Result<Value, ImageError> {
        self.step.show(value)
    }

    /// Counts a value and what its image has beyond it.
    pub(crate) fn count(&self, value: &Value, growth: &mut Growth) {
        if self.grows {
            growth.count(&self.step, value);
        }
    }

    /// The value whose image this is.
    ///
    /// # Errors
    ///
    /// [`ImageError::NotAnImage`] with the rule that the value breaks.
    pub fn read(&self, image: Value) -> Result<Value, ImageError> {
        self.step.read(image)
    }

    /// The rule of the table for the outermost part.
    pub fn rule(&self, to: Abi) -> Rule {
        if self.is_same() { Rule::Same } else { Kind::of(&self.source).rule(to) }
    }
}

/// The image of a type of the ABI `from` in the ABI `to`.
///
/// # Errors
///
/// Those of [`Image::new`].
pub fn image_of(source: &Type, from: Abi, to: Abi) -> Result<Type, ImageError> {
    Image::new(source, from, to).map(|image| image.image)
}
