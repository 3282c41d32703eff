"""Four people's day, a file a scene; `wardkeeper.demo.scene` says what is in one."""
