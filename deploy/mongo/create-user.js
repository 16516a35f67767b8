// Runs once, on an empty volume: Switchboard's own user, who may use its own database and no other.
db.getSiblingDB("switchboard").createUser({
  user: "switchboard",
  pwd: process.env.SWITCHBOARD_MONGO_PASSWORD,
  roles: [{ role: "readWrite", db: "switchboard" }],
});
