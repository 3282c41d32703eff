"""What BLE devices say in their advertisements: one file, one format."""
