BEGIN TRANSACTION;
CREATE TABLE artifact (
	run INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	size_bytes INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	PRIMARY KEY (run, path), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "artifact" VALUES(1,'notes/hello.txt',27,'40b67dd6286871c438bb32e0dc314f5d6fa4a64199f6b266dc4a1c62304d6587');
CREATE TABLE experiment (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (name)
);
INSERT INTO "experiment" VALUES(1,'churn');
INSERT INTO "experiment" VALUES(2,'fraud');
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
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','1');
CREATE TABLE metric_latest (
	run INTEGER NOT NULL, 
	"key" INTEGER NOT NULL, 
	last FLOAT, 
	last_step INTEGER NOT NULL, 
	count INTEGER NOT NULL, 
	minimum FLOAT, 
	maximum FLOAT, 
	PRIMARY KEY (run, "key"), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	FOREIGN KEY("key") REFERENCES "key" (id)
)
 WITHOUT ROWID

;
INSERT INTO "metric_latest" VALUES(1,6,0.025,39,40,0.025,1.0);
INSERT INTO "metric_latest" VALUES(1,7,9e999,0,3,0.0,9e999);
INSERT INTO "metric_latest" VALUES(2,5,0.5,0,1,0.5,0.5);
INSERT INTO "metric_latest" VALUES(3,5,0.91,3,1,0.91,0.91);
INSERT INTO "metric_latest" VALUES(3,6,0.25,4,2,0.25,0.5);
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
	is_lost BOOLEAN NOT NULL, 
	is_sealed BOOLEAN NOT NULL, 
	sealed_sha256 TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (run_id), 
	FOREIGN KEY(experiment_id) REFERENCES experiment (id)
);
INSERT INTO "run" VALUES(1,'11111111111111111111111111111111',1,'first','FINISHED',1795477093627817,1795477093637919,'bench','ada','2026-11',1795477093849383922,'bceadb9f55fe3db5',0,0,1,'7d21a8fcd1ee04985f06609910280e3203fbe0a7993a62d2167fe50095d56837');
INSERT INTO "run" VALUES(2,'33333333333333333333333333333333',2,'third','RUNNING',1795477093870293,NULL,'bench','ada','2026-11',1795477093870868561,'9ee7b9e71e8dfe5c',0,1,0,'');
INSERT INTO "run" VALUES(3,'22222222222222222222222222222222',1,'second','FINISHED',1795477093638365,1795477093869518,'bench','ada','2026-11',1795477093865383922,'60482aef2ae22d48',0,0,0,'cd504db5225d2d844311b5516f8c45e22cf012aa57200fbb16a42329f5b17685');
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
CREATE INDEX run_by_experiment ON run (experiment_id, started_us);
CREATE INDEX run_by_start ON run (started_us);
CREATE INDEX run_deleted ON run (id) WHERE is_deleted = 1;
CREATE INDEX run_value_by_value ON run_value (value, run);
CREATE INDEX metric_by_value ON metric_latest ("key", last, run);
CREATE INDEX artifact_by_digest ON artifact (sha256);
COMMIT;
