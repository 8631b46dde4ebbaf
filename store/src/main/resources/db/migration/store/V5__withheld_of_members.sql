-- Of a member of a panel, what else may not leave: security labels (system|code) whose resources the panel's grants treat as if they did not exist.
CREATE TABLE store.panel_withheld (
    panel  text COLLATE "C" NOT NULL,
    label  text COLLATE "C" NOT NULL,
    member bigint NOT NULL,
    PRIMARY KEY (panel, label, member)
);
CREATE INDEX panel_withheld_member ON store.panel_withheld (panel, member);
