"""What `wardkeeper doctor` looks at: one file, one topic (wardkeeper/checkup.py says what it has)."""
