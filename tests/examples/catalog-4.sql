BEGIN TRANSACTION;
CREATE TABLE artifact (
	run INTEGER NOT NULL, 
	path INTEGER NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (run, path), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	FOREIGN KEY(path) REFERENCES artifact_path (id)
)
 WITHOUT ROWID

;
INSERT INTO "artifact" VALUES(1,1,27,'40b67dd6286871c438bb32e0dc314f5d6fa4a64199f6b266dc4a1c62304d6587');
CREATE TABLE artifact_path (
	id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (path)
);
INSERT INTO "artifact_path" VALUES(1,'notes/hello.txt');
CREATE TABLE dataset_value (
	id INTEGER NOT NULL, 
	fact TEXT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (fact, text)
);
INSERT INTO "dataset_value" VALUES(1,'context','training');
INSERT INTO "dataset_value" VALUES(2,'digest','sha256:abababababababababababababababababababababababababababababababab');
INSERT INTO "dataset_value" VALUES(3,'name','customers');
CREATE TABLE experiment (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	runs INTEGER DEFAULT 0 NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "experiment" VALUES(1,'churn',2);
INSERT INTO "experiment" VALUES(2,'fraud',1);
CREATE TABLE finding (
	path TEXT NOT NULL, 
	code TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	folder_stamp INTEGER NOT NULL, 
	PRIMARY KEY (path, code)
);
CREATE TABLE "key" (
	id INTEGER NOT NULL, 
	kind INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (kind, name)
);
INSERT INTO "key" VALUES(1,0,'layers');
INSERT INTO "key" VALUES(2,0,'lr');
INSERT INTO "key" VALUES(3,0,'net');
INSERT INTO "key" VALUES(4,1,'team');
INSERT INTO "key" VALUES(5,2,'auc');
INSERT INTO "key" VALUES(6,2,'loss');
INSERT INTO "key" VALUES(7,2,'odd');
CREATE TABLE key_use (
	experiment_id INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	runs INTEGER NOT NULL, 
	PRIMARY KEY (experiment_id, "key"), 
	FOREIGN KEY(experiment_id) REFERENCES experiment (id), 
	FOREIGN KEY("key") REFERENCES "key" (id)
)
 WITHOUT ROWID

;
INSERT INTO "key_use" VALUES(1,1,1);
INSERT INTO "key_use" VALUES(1,2,2);
INSERT INTO "key_use" VALUES(1,3,1);
INSERT INTO "key_use" VALUES(1,4,1);
INSERT INTO "key_use" VALUES(1,5,1);
INSERT INTO "key_use" VALUES(1,6,2);
INSERT INTO "key_use" VALUES(1,7,1);
INSERT INTO "key_use" VALUES(2,2,1);
INSERT INTO "key_use" VALUES(2,5,1);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','4');
INSERT INTO "meta" VALUES('born','E634386BCB846EB6');
CREATE TABLE metric_latest (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	last FLOAT, 
	last_step INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	low FLOAT, 
	high FLOAT, 
	PRIMARY KEY (run, "key"), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	FOREIGN KEY("key") REFERENCES "key" (id)
)
 WITHOUT ROWID

;
INSERT INTO "metric_latest" VALUES(1,6,0.025,39,40,NULL,1.0);
INSERT INTO "metric_latest" VALUES(1,7,9e999,0,3,0.0,NULL);
INSERT INTO "metric_latest" VALUES(2,5,0.5,0,1,NULL,NULL);
INSERT INTO "metric_latest" VALUES(3,5,0.91,3,1,NULL,NULL);
INSERT INTO "metric_latest" VALUES(3,6,0.25,4,2,NULL,0.5);
CREATE TABLE run (
	id INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	experiment_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	status TEXT NOT NULL, 
	started_us INTEGER NOT NULL, 
	ended_us INTEGER, 
	host TEXT NOT NULL, 
	user TEXT NOT NULL, 
	month TEXT NOT NULL, 
	folder_stamp INTEGER NOT NULL, 
	file_stamp TEXT NOT NULL, 
	is_deleted BOOLEAN NOT NULL, 
	is_archived BOOLEAN DEFAULT 0 NOT NULL, 
	is_lost BOOLEAN NOT NULL, 
	is_sealed BOOLEAN NOT NULL, 
	sealed_sha256 TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiment (id)
);
INSERT INTO "run" VALUES(1,'11111111111111111111111111111111',1,'first','FINISHED',1795477093627817,1795477093637919,'bench','ada','2026-11',1795486509937013046,'333e197804a562e6',0,0,0,1,'7d21a8fcd1ee04985f06609910280e3203fbe0a7993a62d2167fe50095d56837');
INSERT INTO "run" VALUES(2,'33333333333333333333333333333333',2,'third','RUNNING',1795477093870293,NULL,'bench','ada','2026-11',1795486509938415380,'8d79fa5ccef151c5',0,0,1,0,'');
INSERT INTO "run" VALUES(3,'22222222222222222222222222222222',1,'second','FINISHED',1795477093638365,1795477093869518,'bench','ada','2026-11',1795486509937860225,'07268d9d7b6a4c9d',0,0,0,0,'cd504db5225d2d844311b5516f8c45e22cf012aa57200fbb16a42329f5b17685');
CREATE TABLE run_dataset (
	run INTEGER NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (run, value), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	FOREIGN KEY(value) REFERENCES dataset_value (id)
)
 WITHOUT ROWID

;
INSERT INTO "run_dataset" VALUES(1,1);
INSERT INTO "run_dataset" VALUES(1,2);
INSERT INTO "run_dataset" VALUES(1,3);
CREATE TABLE run_value (
	run INTEGER NOT NULL, 
	value INTEGER NOT NULL, 
	PRIMARY KEY (run, value), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	FOREIGN KEY(value) REFERENCES text_value (id)
)
 WITHOUT ROWID

;
INSERT INTO "run_value" VALUES(1,1);
INSERT INTO "run_value" VALUES(1,2);
INSERT INTO "run_value" VALUES(3,3);
INSERT INTO "run_value" VALUES(2,4);
INSERT INTO "run_value" VALUES(1,5);
INSERT INTO "run_value" VALUES(1,6);
CREATE TABLE text_value (
	id INTEGER NOT NULL, 
	key_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	number FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (key_id, text), 
	FOREIGN KEY(key_id) REFERENCES "key" (id)
);
INSERT INTO "text_value" VALUES(1,1,'[64, 32]',NULL);
INSERT INTO "text_value" VALUES(2,2,'0.1',0.1);
INSERT INTO "text_value" VALUES(3,2,'0.2',0.2);
INSERT INTO "text_value" VALUES(4,2,'0.3',0.3);
INSERT INTO "text_value" VALUES(5,3,'mlp',NULL);
INSERT INTO "text_value" VALUES(6,4,'green',NULL);
CREATE INDEX run_hidden ON run (id, is_deleted, is_archived) WHERE is_deleted = 1 OR is_archived = 1;
CREATE INDEX run_by_start ON run (started_us);
CREATE INDEX run_by_experiment ON run (experiment_id, started_us);
CREATE INDEX run_by_name ON run (name);
CREATE INDEX run_value_by_value ON run_value (value, run);
CREATE INDEX metric_by_value ON metric_latest ("key", last, run, low, high);
CREATE INDEX run_dataset_by_value ON run_dataset (value, run);
CREATE INDEX artifact_by_path ON artifact (path, run);
CREATE INDEX artifact_by_digest ON artifact (sha256);
COMMIT;
