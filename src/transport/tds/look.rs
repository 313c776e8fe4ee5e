//! The steps before a log-on, one by one, for whoever looks for the one that fails.

use super::{Tds, connect, secure};
use crate::facts::Absence;
use crate::transport::deadline::Deadline;
use crate::transport::tcp;

impl Tds {
    /// Where the server listens; a browser is asked where only the instance is known.
    pub async fn port(&self) -> Result<u16, Absence> {
        let deadline = Deadline::after(self.config.deadline);
        let port = connect::port(&self.config, &self.found, deadline).await;
        port.map_err(|trouble| trouble.at(&self.config.endpoint))
    }

    /// Connects and shakes hands, and tells the version that the server greets with; nobody logs on.
    pub async fn shakes_hands(&self) -> Result<String, Absence> {
        let greeted = async {
            let deadline = Deadline::after(self.config.deadline);
            let port = connect::port(&self.config, &self.found, deadline).await?;
            let stream = tcp::connect(&self.config.server, port, deadline).await?;
            let tls = connect::tls(&self.config, &self.found).await?;
            let name = connect::certificate_name(&self.config);
            let doing = format!("shaking hands with {}", self.place);
            let secured = secure::secure(stream, name, &self.place, tls);
            let secured = deadline.run(&doing, secured).await?;
            secured.version().ok_or_else(|| secure::stranger(&self.place))
        };
        let version = greeted.await;
        version.map_err(|trouble| trouble.at(&self.config.endpoint))
    }
}
