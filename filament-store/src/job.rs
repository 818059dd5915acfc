//! A command on its way through the writer: its plan, its decision, and the caller who waits.

use filament_core::{Committed, Denial, FactPlan, Facts, Sealed, SealedParts, Seq, TransactError};
use tokio::sync::oneshot;

use crate::error::StoreError;

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Decided, and on disk if it wrote anything.
    Committed { seq: Option<Seq>, narrows: bool },
    /// The rules refuse it; it wrote nothing.
    Refused(Denial),
    /// It failed; nothing of it is written.
    Fault(StoreError),
}

/// A command whose types the writer need not know.
pub(crate) trait Job: Send {
    /// The facts wanted. Asked once.
    fn take_plan(&mut self) -> FactPlan;

    /// Decides. May panic.
    fn decide(&mut self, facts: &Facts) -> Result<SealedParts, Denial>;

    /// Tells the caller; a caller who went away is not missed.
    fn answer(self: Box<Self>, verdict: Verdict);
}

/// The answer a caller waits for.
pub(crate) type Reply<R> = Result<Committed<R>, TransactError<StoreError>>;

struct Typed<R, F> {
    plan: FactPlan,
    decide: F,
    outcome: Option<Result<R, Denial>>,
    caller: oneshot::Sender<Reply<R>>,
}

/// Packs a command.
pub(crate) fn job<R, F>(plan: FactPlan, decide: F) -> (Box<dyn Job>, oneshot::Receiver<Reply<R>>)
where
    R: Send + 'static,
    F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static,
{
    let (caller, reply) = oneshot::channel();
    (Box::new(Typed { plan, decide, outcome: None, caller }), reply)
}

impl<R, F> Job for Typed<R, F>
where
    R: Send + 'static,
    F: Fn(&Facts) -> Result<Sealed<R>, Denial> + Send + 'static,
{
    fn take_plan(&mut self) -> FactPlan {
        std::mem::take(&mut self.plan)
    }

    fn decide(&mut self, facts: &Facts) -> Result<SealedParts, Denial> {
        let (parts, outcome) = (self.decide)(facts)?.into_parts();
        self.outcome = Some(outcome);
        Ok(parts)
    }

    fn answer(self: Box<Self>, verdict: Verdict) {
        let reply = match (verdict, self.outcome) {
            (Verdict::Committed { seq, narrows }, Some(Ok(reply))) => Ok(Committed { reply, seq, narrows }),
            (Verdict::Committed { seq, .. }, Some(Err(denial))) => Err(TransactError::Denied { denial, seq }),
            (Verdict::Refused(denial), _) => Err(denial.into()),
            (Verdict::Fault(error), _) => Err(error.into_write_error()),
            (Verdict::Committed { .. }, None) => {
                Err(TransactError::Failed(StoreError::Inconsistent("a commit without a decision")))
            }
        };
        drop(self.caller.send(reply));
    }
}
