//! The forms of numbers that can be searched, one file each, and the list of them.
//!
//! A form's file holds its parameters (which are part of a search's description), how they are read
//! from a command line and checked, which number stands at which index, how these are sieved, and
//! what sieving costs. Everything else (tests, proofs, searches, reports, costs) works on the
//! [`Term`]s that come out. A new form is one new file and one line in the list below.

mod algebraic;
mod arguments;
mod candidate;
#[cfg(feature = "clap")]
mod command;
mod family;
mod geometric;
mod number;

pub mod carol_kynea;
pub mod cullen_woodall;
pub mod factorial;
pub mod gen_fermat;
pub mod kbn;
pub mod near_repdigit;
pub mod palindromic;
pub mod primorial;
pub mod repunit;
pub mod sophie_germain;
pub mod twin;
pub mod wagstaff;

pub use algebraic::covering_set;
pub(crate) use algebraic::kbnc as algebraic_kbnc;
pub use arguments::{Arguments, FormInfo, Parameter, Signs};
pub use candidate::Candidate;
#[cfg(feature = "clap")]
pub use command::FormCommand;
pub(crate) use family::{Family, Survivors};
pub use number::{Number, Structure, Term};

use serde::{Deserialize, Serialize};

/// Makes the enum of all forms, and the list of what people may know of them.
macro_rules! forms {
    ($($(#[$doc:meta])* $variant:ident = $module:ident,)*) => {
        /// The form of the numbers searched, with everything that stays fixed over the range.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Form {
            $($(#[$doc])* $variant($module::$variant),)*
        }

        impl Form {
            pub(crate) fn family(&self) -> &dyn Family {
                match self {
                    $(Self::$variant(form) => form,)*
                }
            }

            /// What people may know of it: name, formula, parameters.
            pub fn info(&self) -> &'static FormInfo {
                match self {
                    $(Self::$variant(_) => &$module::INFO,)*
                }
            }
        }

        /// Every form, in the order in which they are listed.
        pub static FORMS: &[&FormInfo] = &[$(&$module::INFO,)*];
    };
}

// Saved states count the variants: a new form goes to the end.
forms! {
    /// k*b^n+c.
    Kbn = kbn,
    /// Twin primes.
    Twin = twin,
    /// Sophie Germain primes, first and second kind.
    SophieGermain = sophie_germain,
    /// n*b^n+-1.
    CullenWoodall = cullen_woodall,
    /// (b^n+-1)^2-2.
    CarolKynea = carol_kynea,
    /// b^(2^m)+1.
    GenFermat = gen_fermat,
    /// n!+-1 and multifactorials.
    Factorial = factorial,
    /// p#+-1.
    Primorial = primorial,
    /// (2^p+1)/3.
    Wagstaff = wagstaff,
    /// (b^n-1)/(b-1).
    Repunit = repunit,
    /// Palindromes of a length.
    Palindromic = palindromic,
    /// Palindromes with one or two digits unlike the others.
    NearRepdigit = near_repdigit,
}
