//! A short story in German and English; the third German line is told in two English ones.

pub(crate) const GERMAN: &str = "Der alte Leuchtturm steht seit hundert Jahren auf der Klippe.\n\
    Jeden Abend steigt der Wärter die 212 Stufen hinauf.\n\
    Er trägt eine Lampe. Und er trägt einen Korb mit Brot.\n\
    Im Winter kommt wochenlang kein Schiff vorbei.\n\
    Dann liest er die Briefe seiner Schwester noch einmal.\n";
pub(crate) const ENGLISH: &str = "The old lighthouse has stood on the cliff for a hundred years.\n\
    Every evening the keeper climbs the 212 steps.\n\
    He carries a lamp.\n\
    And he carries a basket of bread.\n\
    In winter no ship passes by for weeks.\n\
    Then he reads his sister's letters once more.\n";
