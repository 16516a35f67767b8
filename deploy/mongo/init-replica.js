// Makes the server the only member of replica set rs0, unless it is one already, and waits until it takes writes.
db.auth("root", process.env.MONGO_ROOT_PASSWORD);

const notYetInitialized = 94;
try {
  rs.status();
  print("replica set rs0 is there");
} catch (e) {
  if (e.code !== notYetInitialized) throw e;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongo:27017" }] });
  print("replica set rs0 initiated");
}

for (let tries = 0; !db.hello().isWritablePrimary; tries++) {
  if (tries === 60) throw new Error("no primary after 60 s: see `docker compose logs mongo`");
  sleep(1000);
}
