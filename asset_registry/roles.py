"""What people may be. Known without a database: the command line names them."""

ROLES = (
    "admin",
    "biomed",
    "facilities",
    "it_agent",
    "clinician",
    "equipment_cleaning",
    "pharmacy_lab",
    "infection_prevention",
    "requester",
    "vendor",
    "auditor",
    "gateway",
)
"""`gateway` is no person's: what sends readings, and may do nothing else."""
